"""Outlook messages (MSG): who, to whom, when, the text, and attachments read like files of their own."""

from __future__ import annotations

from collections.abc import Iterator

from app.rag.document import Piece
from app.rag.readers import html, text
from app.rag.readers.opening import Allowance
from app.rag.readers.outcome import Outcome, Refused


def read(data: bytes, allowance: Allowance) -> Outcome:
    """Return the message with what is attached to it. Raises Refused for a damaged file."""
    import oxmsg

    try:
        message = oxmsg.Message.load(data)
        subject = " ".join((message.subject or "").split())[:300]
        pieces = list(_pieces(message, subject, allowance))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, OSError) as error:
        raise Refused("error", "The file is damaged: it is not a whole Outlook message.") from error
    return Outcome(pieces, reason=allowance.reason if pieces else "", title=subject)


def _pieces(message: object, subject: str, allowance: Allowance) -> Iterator[Piece]:
    section = (subject,) if subject else ()
    if subject:
        yield Piece(subject, None, section, "heading")
    sender, sent = getattr(message, "sender", None), getattr(message, "sent_date", None)
    to = ", ".join(_person(person) for person in getattr(message, "recipients", ()))
    headers = getattr(message, "message_headers", None) or {}
    lines = [("From", sender), ("To", headers.get("To") or to), ("Cc", headers.get("Cc")), ("Date", sent)]
    yield Piece("\n".join(f"{name}: {value}" for name, value in lines if value), None, section)
    body, rich = getattr(message, "body", None), getattr(message, "html_body", None)
    if rich and not (body and body.strip()):
        for piece in html.pieces_of(rich, title=False):
            yield Piece(piece.text, None, (*section, *piece.section), piece.kind, piece.header)
    else:
        yield from (Piece(piece.text, None, section) for piece in text.paragraphs(body or ""))
    for attachment in getattr(message, "attachments", ()):
        data = attachment.file_bytes if attachment.attached_by_value else None
        if data is None:
            allowance.left_out += 1
            continue
        yield from allowance.member(attachment.file_name or "attachment", data, section)


def _person(person: object) -> str:
    name, address = getattr(person, "name", "") or "", getattr(person, "email_address", "") or ""
    return f"{name} <{address}>" if name and address and name != address else address or name
