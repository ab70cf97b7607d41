"""The reading process: real files, hostile files, limits, and its replacement after a failure."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from app.rag.library import Library, ReadResult
from app.rag.worker import Reader
from tests.documents import HashEmbedder, docx_bytes, flate_bomb_pdf, pdf_bytes, raw_docx, write


async def read(home: Path, *paths: Path, password: str = "") -> list[ReadResult]:
    library = Library(home, HashEmbedder())
    try:
        return [await library.read(path, password=password) for path in paths]
    finally:
        await library.close()


async def test_every_format(home: Path, tmp_path: Path) -> None:
    paths = [
        write(tmp_path, "a.pdf", pdf_bytes([["Hello PDF."], ["Page two."]])),
        write(tmp_path, "b.docx", docx_bytes()),
        write(tmp_path, "c.html", "<h1>Hello</h1><p>HTML.</p>"),
        write(tmp_path, "d.md", "# Hello\n\nMarkdown."),
        write(tmp_path, "e.txt", "Hello text.".encode("utf-16")),
        write(tmp_path, "no extension", "Hello."),
    ]
    results = await read(home, *paths)
    assert [result.status for result in results] == ["ok"] * 6, [result.reason for result in results]
    assert results[0].pages == 2 and results[0].text == "Hello PDF.\n\nPage two."
    assert "Tomatoes" in results[1].text and results[4].text == "Hello text."
    assert all(result.seconds >= 0 and 1 < result.peak_mb < 300 for result in results)


async def test_hostile_files_are_refused_and_the_next_is_read(home: Path, tmp_path: Path) -> None:
    bomb = write(tmp_path, "bomb.docx", raw_docx(b"A" * 50_000_000))
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    billion = raw_docx(b"<w:p>&a9;</w:p>", f'<!DOCTYPE d [<!ENTITY a0 "lol">{laughs}]>'.encode())
    fifo = tmp_path / "pipe.txt"
    os.mkfifo(fifo)
    link = tmp_path / "link.txt"
    link.symlink_to("/etc/passwd")
    paths = [
        bomb,
        write(tmp_path, "laughs.docx", billion),
        fifo,
        link,
        tmp_path,
        tmp_path / "missing.txt",
        write(tmp_path, "zero.txt", b""),
        write(tmp_path, "binary.txt", bytes(range(256)) * 10),
        write(tmp_path, "fake.pdf", b"\x89PNG\r\n\x1a\n" + b"\0" * 50),
        write(tmp_path, "cut.pdf", pdf_bytes([["x"]])[:80]),
        write(tmp_path, "name_\u202egpj.txt", "right to left"),
        write(tmp_path, "new\nline.txt", "new line"),
    ]
    results = await read(home, *paths)
    assert [result.status for result in results] == [
        *("rejected", "rejected", "rejected", "rejected", "rejected", "error"),
        *("empty", "rejected", "rejected", "error", "ok", "ok"),
    ]
    assert all(result.reason.endswith(".") for result in results if result.status != "ok")
    assert not any("root:" in result.text for result in results)


async def test_a_flate_bomb_does_no_harm(home: Path, tmp_path: Path) -> None:
    bomb, good = write(tmp_path, "bomb.pdf", flate_bomb_pdf(50 * 2**20)), write(tmp_path, "good.txt", "Good.")
    (result, after) = await read(home, bomb, good)
    assert result.status in ("rejected", "error", "empty") and result.peak_mb < 1500
    assert (after.status, after.text) == ("ok", "Good.")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_process_is_limited(tmp_path: Path) -> None:
    reader = Reader()
    try:
        await reader.read(write(tmp_path, "a.txt", "Good."))
        process = reader._process
        assert process is not None
        limits = await asyncio.to_thread(Path(f"/proc/{process.pid}/limits").read_text)
        soft = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
        assert int(soft["Max address space"]) <= 1536 * 2**20
        assert int(soft["Max cpu time"]) <= 60
        assert soft["Max core file size"] == soft["Max file size"] == soft["Max processes"] == "0"
        assert int(soft["Max open files"]) <= 64
    finally:
        await reader.close()


async def test_the_process_may_not_connect_write_or_start_another() -> None:
    tries = (
        "import socket; socket.socket()",
        "open('/tmp/tangnet-must-not-exist', 'w')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
    )
    for attempt in tries:
        code = (
            f"from app.rag import reading; reading._limit()\ntry:\n {attempt}\nexcept PermissionError: print('refused')"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
        )
        out, _ = await process.communicate()
        assert out == b"refused\n", attempt


async def test_a_reader_that_is_killed_is_replaced(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "Good.")
    reader = Reader()
    try:
        assert (await reader.read(path)).status == "ok"
        process = reader._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        assert (await reader.read(path)).status == "ok"
    finally:
        await reader.close()


async def test_a_long_book_is_read_whole_in_parts_also_when_the_process_is_killed_between(tmp_path: Path) -> None:
    path = write(tmp_path, "book.pdf", pdf_bytes([[f"Page number {number}."] for number in range(1, 1001)]))
    reader = Reader()
    shares = []

    def kill(share: float) -> None:
        shares.append(share)
        process = reader._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)

    try:
        reading = await reader.read(path, told=kill)
    finally:
        await reader.close()
    assert reading.status == "ok" and reading.pages == 1000 and len(shares) >= 2
    assert reading.document is not None and len(reading.document.blocks) == 1000
    assert reading.document.blocks[-1].page == 1000 and "Page number 1000." in reading.document.text


async def test_a_reader_that_hangs_is_ended(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "Good.")
    reader = Reader(timeout=0.5)
    try:
        while (await reader.read(path)).status != "ok":
            pass  # the first start may take longer than this test's limit on a busy machine
        process = reader._process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        result = await reader.read(path)
        assert result.status == "rejected" and "longer" in result.reason
        assert process.returncode is not None
    finally:
        await reader.close()


async def test_cancelling_does_not_mix_up_answers(tmp_path: Path) -> None:
    one, two = write(tmp_path, "one.txt", "one " * 200_000), write(tmp_path, "two.txt", "two")
    reader = Reader()
    try:
        task = asyncio.create_task(reader.read(one))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        result = await reader.read(two)
        assert result.document is not None and result.document.text == "two"
    finally:
        await reader.close()
