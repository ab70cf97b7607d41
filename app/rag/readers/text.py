"""Plain text in any encoding."""

from __future__ import annotations

import codecs
import re

from app.rag.document import Piece
from app.rag.readers.outcome import Outcome, Refused

_SAMPLE = 256 * 1024
_BOMS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSED = "Its encoding could not be told for certain, so some letters may be wrong."
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")


def read(data: bytes) -> Outcome:
    """Return the paragraphs: what stands between blank lines. Raises Refused for what is not text."""
    text, reason = decode(data)
    return Outcome(paragraphs(text), reason=reason)


def paragraphs(text: str) -> list[Piece]:
    """Return what stands between blank lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return [Piece(part) for part in _PARAGRAPH.split(text)]


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and, where the encoding was guessed, a sentence that says so. Raises Refused for binary."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _checked(data.decode(encoding, "replace")), ""
    if b"\0" in data:
        encoding = _unmarked_utf16(data)
        return _checked(data.decode(encoding, "replace")), ""
    try:
        return _checked(data.decode("utf-8")), ""
    except UnicodeDecodeError:
        pass  # an older encoding, found below
    encoding = _detected(data)
    if encoding:
        try:
            return _checked(data.decode(encoding)), ""
        except (UnicodeDecodeError, LookupError):
            pass  # the sample was of that encoding, the rest is not
    return _checked(data.decode("cp1252", "replace")), _GUESSED


def _detected(data: bytes) -> str:
    from charset_normalizer import from_bytes

    # UTF-16 without a mark was looked for by its NULs; here it would be found in any short text.
    best = from_bytes(data[:_SAMPLE], cp_exclusion=["utf_16_be", "utf_16_le", "utf_32_be", "utf_32_le", "utf_7"]).best()
    return best.encoding if best is not None else ""


def _unmarked_utf16(data: bytes) -> str:
    """Return the byte order of UTF-16 without a mark; in Western text every other byte is NUL. Raises Refused."""
    sample = data[:_SAMPLE]
    sample = sample[: len(sample) // 2 * 2]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = max(1, len(sample) // 2)
    if len(data) % 2 == 0 and odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if len(data) % 2 == 0 and even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    for encoding in ("utf-16-le", "utf-16-be"):
        if len(data) % 2 == 0 and _reads_well(sample, encoding):
            return encoding
    raise Refused("rejected", "It is not a document: it holds binary data.")


def _reads_well(sample: bytes, encoding: str) -> bool:
    """Return True if this is text of another alphabet, whose only NULs are those of blanks and the like."""
    try:
        text = sample[:8192].decode(encoding)
    except UnicodeDecodeError:
        return False
    spaces, letters = sum(c in " \n" for c in text), sum(c.isalpha() for c in text)
    strange = any(not (c.isprintable() or c in "\t\r\n\f") for c in text)
    return not strange and spaces * 40 > len(text) and letters * 2 > len(text)


def _checked(text: str) -> str:
    """Refuse what decoded without complaint but is no text."""
    sample = text[:65536]
    strange = sum(1 for c in sample if (c < " " and c not in "\t\n\r\f\v\x1b") or c == "\ufffd" or "\x7f" <= c < "\xa0")
    if strange * 20 > len(sample):
        raise Refused("rejected", "It is not a document: it holds binary data.")
    return text
