"""Links of our own, tangnet://…, as they are copied into notes and opened again. Opening one only ever shows something.

tangnet://conversation/ID            tangnet://conversation/ID/MESSAGE
tangnet://document?path=PATH&page=N  (both percent-encoded)
tangnet://pair/…                     what a node shows: see nodeworker.protocol.links
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from app.errors import UsageError

SCHEME = "tangnet"
LONGEST = 4_096
"""Characters of a link."""
_ID = re.compile(r"[0-9a-f]{6,32}")


@dataclass(frozen=True, slots=True)
class ToConversation:
    """A conversation, and perhaps a message in it."""

    id: str
    message: int = 0

    def __str__(self) -> str:
        return f"{SCHEME}://conversation/{self.id}" + (f"/{self.message}" if self.message else "")


@dataclass(frozen=True, slots=True)
class ToDocument:
    """A document of the library, and perhaps a page in it."""

    path: str
    page: int = 0

    def __str__(self) -> str:
        return f"{SCHEME}://document?path={quote(self.path, safe='/')}" + (f"&page={self.page}" if self.page else "")


@dataclass(frozen=True, slots=True)
class ToPairing:
    """A node that offers pairing; the digits are still compared by the user."""

    link: str


def read(text: str) -> ToConversation | ToDocument | ToPairing:
    """Return where a link leads. Raises UsageError for one that is not ours, is too long, or says nothing known."""
    wrong = UsageError("This link is none that Tangnet knows.", code="link", hint=f"It was: {text[:200]!r}")
    if len(text) > LONGEST or any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise wrong
    try:
        parts = urlsplit(text)
        asked = parse_qs(parts.query, max_num_fields=8, errors="strict")
    except ValueError as error:
        raise wrong from error
    words = [word for word in parts.path.split("/") if word]
    if parts.scheme != SCHEME or parts.username or parts.fragment:
        raise wrong
    match parts.netloc:
        case "conversation" if 1 <= len(words) <= 2 and _ID.fullmatch(words[0]):
            return ToConversation(words[0], _number(words[1], wrong) if len(words) == 2 else 0)
        case "document" if not words and len(asked.get("path", ())) == 1:
            return ToDocument(asked["path"][0], _number(asked.get("page", ["0"])[0], wrong))
        case "pair":
            return ToPairing(text)
    raise wrong


def _number(text: str, wrong: UsageError) -> int:
    if not re.fullmatch("[0-9]{1,15}", text):
        raise wrong
    return int(text)
