"""Mail (EML, MHT, MBOX): who, to whom, when, the text, and attachments read like files of their own."""

from __future__ import annotations

import contextlib
import email
import email.errors
import email.header
import email.message
import email.policy
import re
from collections.abc import Iterator

from app.rag.document import Piece
from app.rag.readers import html, text
from app.rag.readers.opening import Allowance
from app.rag.readers.outcome import Outcome

MAX_MESSAGES = 20_000
_MAX_PARTS = 1_000
_LITTLE = 200
_MAX_HEADER = 8_000
_SHOWN = ("From", "To", "Cc", "Date")
_START = re.compile(rb"(?:\A|(?<=\n))From [^\r\n]*\d\d:\d\d[^\r\n]*\r?\n(?=[\w-]+:)")
_SPACE = re.compile(r"\s+")


def read(data: bytes, allowance: Allowance) -> Outcome:
    """Return one message with what is attached to it."""
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    pieces = list(_message(message, (), allowance))
    return Outcome(pieces, reason=_reason(pieces, allowance), title=_header(message, "Subject"))


def read_box(data: bytes, allowance: Allowance) -> Outcome:
    """Return all messages of a mailbox, each under its subject."""
    starts = list(_START.finditer(data))
    pieces: list[Piece] = []
    for match, following in zip(starts[:MAX_MESSAGES], [*starts[1:], None], strict=False):
        part = data[match.end() : following.start() if following else len(data)]
        message = email.message_from_bytes(part, policy=email.policy.compat32)
        pieces.extend(_message(message, (), allowance))
    if len(starts) > MAX_MESSAGES:
        return Outcome(pieces, reason=f"It is very large: only the first {MAX_MESSAGES:,} messages were read.")
    return Outcome(pieces, reason=_reason(pieces, allowance))


def _reason(pieces: list[Piece], allowance: Allowance) -> str:
    if allowance.left_out and pieces:
        count = allowance.left_out
        return "One attachment could not be read." if count == 1 else f"{count} attachments could not be read."
    return ""


def _message(message: email.message.Message, above: tuple[str, ...], allowance: Allowance) -> Iterator[Piece]:
    subject = _header(message, "Subject")
    section = (*above, subject[:300]) if subject else above
    if subject:
        yield Piece(subject, None, section, "heading")
    lines = [f"{name}: {value}" for name in _SHOWN if (value := _header(message, name))]
    yield Piece("\n".join(lines), None, section)
    bodies, attached = _parts(message)
    for body in bodies:
        yield from _body(body, section)
    for part in attached:
        yield from _attached(part, section, allowance)


def _parts(message: email.message.Message) -> tuple[list[email.message.Message], list[email.message.Message]]:
    """Return what is shown as the text, and what is attached."""
    bodies: list[email.message.Message] = []
    attached: list[email.message.Message] = []
    waiting = [message]
    for _ in range(_MAX_PARTS):
        if not waiting:
            break
        part = waiting.pop(0)
        kind = part.get_content_type()
        if kind.startswith("message/") and part.is_multipart():
            attached.append(part)
        elif kind == "multipart/alternative":
            waiting[:0] = _best(part)
        elif part.is_multipart():
            waiting[:0] = [one for one in part.get_payload() if isinstance(one, email.message.Message)]
        elif part.get_content_disposition() != "attachment" and kind in ("text/plain", "text/html", "text/enriched"):
            (attached if part.get_filename() else bodies).append(part)
        elif not (kind.startswith(("image/", "audio/", "video/")) or kind.endswith(("-signature", "/javascript"))):
            attached.append(part)
    return bodies, attached


def _best(part: email.message.Message) -> list[email.message.Message]:
    """Return the one form of a text that is read: plain text unless it says much less, as "see the other form"."""
    forms = [one for one in part.get_payload() if isinstance(one, email.message.Message)]
    plain = [one for one in forms if one.get_content_type() == "text/plain"]
    others = [one for one in forms if one not in plain]
    if plain:
        rich = [one for one in others if one.get_content_type() == "text/html"]
        length = len(_decoded(plain[0]).strip())
        if not others or length >= _LITTLE or not rich or length * 2 >= _length(rich[-1]):
            return plain[:1]
    return others[-1:] or forms[-1:]


def _length(part: email.message.Message) -> int:
    return sum(len(piece.text) for piece in html.pieces_of(_decoded(part), title=False))


def _body(part: email.message.Message, section: tuple[str, ...]) -> Iterator[Piece]:
    words = _decoded(part)
    if part.get_content_type() == "text/html":
        for piece in html.pieces_of(words, title=False):
            yield Piece(piece.text, None, (*section, *piece.section), piece.kind, piece.header)
    else:
        yield from (Piece(piece.text, None, section) for piece in text.paragraphs(words))


def _attached(part: email.message.Message, section: tuple[str, ...], allowance: Allowance) -> Iterator[Piece]:
    inner = part.get_payload()
    if isinstance(inner, list):  # a message
        for message in inner:
            if allowance.depth <= 0 or not isinstance(message, email.message.Message):
                allowance.left_out += 1
                continue
            allowance.depth -= 1
            yield from _message(message, section, allowance)
            allowance.depth += 1
        return
    name = plain(part.get_filename() or "") or "attachment." + part.get_content_subtype()
    data = part.get_payload(decode=True)
    if isinstance(data, bytes):
        yield from allowance.member(name, data, section)


def _decoded(part: email.message.Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    charset = part.get_content_charset()
    if charset:
        try:
            return data.decode(charset)
        except (LookupError, UnicodeDecodeError):
            pass  # the declaration is wrong or unknown
    return text.decode(data)[0]


def _header(message: email.message.Message, name: str) -> str:
    return plain(str(message.get(name) or ""))


def plain(value: str) -> str:
    """Return a header as text, its encoded words decoded; joining a great many of them would take for ever."""
    value = value[:_MAX_HEADER]
    with contextlib.suppress(LookupError, ValueError, email.errors.MessageError):  # unknown: shown as it stands
        value = str(email.header.make_header(email.header.decode_header(value)))
    return _SPACE.sub(" ", value).strip()[:2000]
