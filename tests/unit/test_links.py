"""Links of our own."""

from __future__ import annotations

import pytest

from app.errors import UsageError
from app.links import ToConversation, ToDocument, ToPairing, read


@pytest.mark.parametrize(
    "link",
    [
        ToConversation("0123456789ab"),
        ToConversation("0123456789ab", 17),
        ToDocument("/home/u/Tax & more/2023 #1.pdf", 4),
        ToDocument("/home/u/Größe/読む.txt"),
        ToDocument("C:\\Users\\u\\a.pdf", 1),
    ],
)
def test_a_link_leads_where_it_was_made(link: ToConversation | ToDocument) -> None:
    assert read(str(link)) == link
    assert str(link).isascii() and " " not in str(link)


def test_a_pairing_link_stays_as_it_is() -> None:
    text = "tangnet://pair/192.168.1.7:7443?code=12345678&key=0123456789abcdef0123456789abcdef"
    assert read(text) == ToPairing(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "tangnet:", "tangnet://", "https://conversation/0123456789ab", "tangnet://conversation/",
        "tangnet://conversation/../../etc", "tangnet://conversation/0123456789ab/x", "tangnet://run?command=rm",
        "tangnet://conversation/0123456789ab/1/2", "tangnet://user@conversation/0123456789ab",
        "tangnet://document", "tangnet://document?path=a&path=b", "tangnet://document?path=a&page=-1",
        "tangnet://document?path=a&page=%0a", "tangnet://document?path=" + "a" * 5000, "tangnet://document/x?path=a",
        "tangnet://conversation/0123456789ab#x", "tangnet://conversation/0123456789ab\n", "tangnet://[::1", "\x00",
        "tangnet://document?path=%ff",
    ],
)  # fmt: skip
def test_what_is_no_such_link_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="none that Tangnet knows"):
        read(text)
