"""Outlook messages (MSG): who, to whom, when, the text, and attachments read like files of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.rag.document import Piece
from app.rag.readers import html, mail, text
from app.rag.readers.opening import Allowance
from app.rag.readers.outcome import Outcome, Refused

_SENDER_NAME = 0x0C1A
_SENDER_ADDRESS = 0x0C1F


def read(data: bytes, allowance: Allowance) -> Outcome:
    """Return the message with what is attached to it. Raises Refused for a damaged file."""
    import oxmsg

    try:
        message = oxmsg.Message.load(data)
        subject = " ".join((message.subject or "").split())[:300]
        pieces = list(_pieces(message, subject, allowance))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, OSError) as error:
        raise Refused("error", "The file is damaged: it is not a whole Outlook message.") from error
    reason = f"{allowance.left_out} of its attachments could not be read." if allowance.left_out and pieces else ""
    return Outcome(pieces, reason=reason, title=subject)


def _pieces(message: Any, subject: str, allowance: Allowance) -> Iterator[Piece]:
    section = (subject,) if subject else ()
    if subject:
        yield Piece(subject, None, section, "heading")
    headers = message.message_headers or {}
    own = _address(message.properties.str_prop_value(_SENDER_NAME), message.properties.str_prop_value(_SENDER_ADDRESS))
    to = [_address(person.name, person.email_address) for person in message.recipients]
    lines = [
        ("From", _joined([mail.plain(headers.get("From") or ""), own])),
        ("To", _joined([mail.plain(headers.get("To") or ""), *to])),
        ("Cc", mail.plain(headers.get("Cc") or "")),
        ("Date", message.sent_date.isoformat(" ", "minutes") if message.sent_date else ""),
    ]
    yield Piece("\n".join(f"{name}: {value}" for name, value in lines if value), None, section)
    if message.html_body and not (message.body and message.body.strip()):
        for piece in html.pieces_of(message.html_body, title=False):
            yield Piece(piece.text, None, (*section, *piece.section), piece.kind, piece.header)
    else:
        yield from (Piece(piece.text, None, section) for piece in text.paragraphs(message.body or ""))
    for attachment in message.attachments:
        data = attachment.file_bytes if attachment.attached_by_value else None
        if data is None:
            allowance.left_out += 1  # a message in a message, which the library does not open
        else:
            yield from allowance.member(attachment.file_name or "attachment", data, section)


def _address(name: str | None, address: str | None) -> str:
    name, address = name or "", address or ""
    return f"{name} <{address}>" if name and address and name != address else address or name


def _joined(people: list[str]) -> str:
    """Return people one after the other, those left out whose address was named before."""
    found: list[str] = []
    for person in people:
        address = person[person.rfind("<") + 1 :].rstrip(">")
        if person and not any(address in one for one in found):
            found.append(person)
    return ", ".join(found)
