"""Files inside files: mail with attachments, mailboxes, archives; what bounds them, and what they say was left out."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from app.rag.document import Piece
from app.rag.readers import opening
from app.rag.readers.opening import Allowance
from app.rag.readers.outcome import Outcome, Refused
from tests.documents import docx_bytes, pdf_bytes


def seen(outcome: Outcome) -> list[Piece]:
    return [piece for piece in outcome.pieces if piece.text.strip()]


def zipped(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def letter(subject: str = "Frost") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ada Lovelace <ada@example.com>"
    message["To"] = "Bo <bo@example.com>"
    message["Date"] = "Mon, 06 May 2024 10:00:00 +0000"
    message["Subject"] = subject
    message.set_content("The basil is gone.\n\nWe start again.\n")
    return message


def test_mail_with_attachments() -> None:
    message = letter("Fröst in der Nacht")
    message.add_alternative("<p>The basil is gone.</p>", subtype="html")
    message.add_attachment(docx_bytes(), maintype="application", subtype="octet-stream", filename="Wärme.docx")
    message.add_attachment(b"\0\1\2\3" * 50, maintype="application", subtype="octet-stream", filename="data.bin")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="logo.png")
    outcome = opening.read(message.as_bytes(), "letter.eml")
    assert outcome.title == "Fröst in der Nacht" and outcome.reason == "One attachment could not be read."
    found = [(piece.text, piece.section) for piece in seen(outcome)]
    top = ("Fröst in der Nacht",)
    assert found[:5] == [
        ("Fröst in der Nacht", top),
        ("From: Ada Lovelace <ada@example.com>\nTo: Bo <bo@example.com>\nDate: Mon, 06 May 2024 10:00:00 +0000", top),
        ("The basil is gone.", top),
        ("We start again.\n", top),
        ("Wärme.docx", (*top, "Wärme.docx")),
    ]
    litres = ("Tomatoes get two litres a day in July.", (*top, "Wärme.docx", "Greenhouse manual", "Watering"))
    assert litres in found


def test_mail_that_is_only_html_and_a_mail_in_a_mail() -> None:
    inner = letter("Inside")
    outer = EmailMessage()
    outer["Subject"] = "Outside"
    outer.set_content("<h1>News</h1><p>It rained.</p>", subtype="html")
    outer.add_attachment(inner)
    found = [(piece.text, piece.section) for piece in seen(opening.read(outer.as_bytes(), "a.eml"))]
    assert ("It rained.", ("Outside", "News")) in found
    assert ("The basil is gone.", ("Outside", "Inside")) in found


def test_mail_bodies_in_old_encodings() -> None:
    message = b"Subject: =?cp1251?B?y+Xk?=\nContent-Type: text/plain; charset=cp1251\n\n" + "Лёд тает.".encode("cp1251")
    assert [piece.text for piece in seen(opening.read(message, "a.eml"))] == ["Лед", "Лёд тает."]


def test_mail_nested_too_deeply_leaves_the_rest_out() -> None:
    message = letter("0")
    for level in range(1, 9):
        outer = letter(str(level))
        outer.add_attachment(message)
        message = outer
    outcome = opening.read(message.as_bytes(), "deep.eml")
    assert "attachment" in outcome.reason
    assert max(len(piece.section) for piece in outcome.pieces) == opening.MAX_DEPTH + 1


def test_mailbox() -> None:
    sent = b"From ada@example.com Mon May  6 10:00:00 2024\n"
    box = b"".join(sent + letter(subject).as_bytes() + b"\n" for subject in ("A", "B"))
    found = seen(opening.read(box, "inbox"))
    assert [piece.text for piece in found if piece.kind == "heading"] == ["A", "B"]
    assert {piece.section for piece in found} == {("A",), ("B",)}


def test_archive_members_are_sections_without_pages() -> None:
    data = zipped(
        {
            "notes/a.md": b"# One\n\ntext",
            "b.pdf": pdf_bytes([["First."], ["Second."]]),
            "__MACOSX/._a.md": b"junk",
            ".DS_Store": b"junk",
            "sub/": b"",
            "inner.zip": zipped({"c.txt": b"deep"}),
            "broken.docx": b"PK\3\4",
        }
    )
    outcome = opening.read(data, "all.zip")
    assert [(piece.text, piece.section, piece.page) for piece in seen(outcome)] == [
        ("notes/a.md", ("notes/a.md",), None),
        ("# One", ("notes/a.md", "One"), None),
        ("text", ("notes/a.md", "One"), None),
        ("b.pdf", ("b.pdf",), None),
        ("First.", ("b.pdf", "page 1"), None),
        ("Second.", ("b.pdf", "page 2"), None),
        ("inner.zip", ("inner.zip",), None),
        ("c.txt", ("inner.zip", "c.txt"), None),
        ("deep", ("inner.zip", "c.txt"), None),
    ]
    assert outcome.reason == "1 of the 5 files in it could not be read."


def test_archive_names_cannot_leave_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    data = zipped({"../evil.txt": b"must not be written", "/tmp/evil\n.txt": b"nor this"})
    found = seen(opening.read(data, "traversal.zip"))
    assert [piece.text for piece in found if piece.kind == "heading"] == ["../evil.txt", "/tmp/evil\ufffd.txt"]
    assert not list(folder.iterdir()) and not list(tmp_path.glob("evil*"))


@pytest.mark.parametrize(
    ("bound", "read"),
    [({"files": 2}, 2), ({"size": 10}, 1), ({"depth": 0}, 0), ({"until": 0.0}, 0)],
)
def test_archive_bounds(bound: dict[str, Any], read: int) -> None:
    data = zipped({f"{number}.txt": b"eight by" for number in range(4)})
    # Made here: its time is counted from when it is made.
    outcome = opening.read(data, "a.zip", allowance=Allowance(**bound))
    assert sum(piece.kind == "heading" for piece in seen(outcome)) == read
    assert outcome.reason == f"{4 - read} of the 4 files in it could not be read."


def test_archive_in_archive_ends() -> None:
    data = b"bottom"
    for level in range(12):
        data = zipped({f"{level}.zip" if level else "a.txt": data})
    outcome = opening.read(data, "nested.zip")
    assert "bottom" not in "".join(piece.text for piece in outcome.pieces)


def test_archive_that_lies_about_its_sizes_and_one_that_is_broken() -> None:
    data = zipped({"a.txt": b"A" * 5_000_000, "b.txt": b"fine"})
    assert data.count((5_000_000).to_bytes(4, "little")) == 2
    lying = data.replace((5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    outcome = opening.read(lying, "a.zip")
    assert [piece.text for piece in seen(outcome)] == ["b.txt", "fine"]
    with pytest.raises(Refused, match="damaged"):
        opening.read(data[:-30], "a.zip")


def test_archive_under_a_password() -> None:
    data = bytearray(zipped({"a.txt": b"secret words"}))
    for mark in (b"PK\3\4", b"PK\1\2"):
        data[data.index(mark) + (6 if mark == b"PK\3\4" else 8)] |= 1  # the bit that says so
    with pytest.raises(Refused) as refusal:
        opening.read(bytes(data), "a.zip")
    assert refusal.value.status == "password"
    with pytest.raises(Refused, match="wrong"):
        opening.read(bytes(data), "a.zip", "guess")


def test_a_recording_is_told_as_one() -> None:
    with pytest.raises(Refused) as refusal:
        opening.read(b"RIFF\0\0\0\0WAVEfmt " + bytes(100), "talk.txt")
    assert refusal.value.recording


def test_mail_with_an_endless_subject() -> None:
    message = b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\nwords"
    outcome = opening.read(message, "a.eml")
    assert len(outcome.title) <= 2_000 and outcome.pieces[-1].text == "words"
