"""What the readers get out of 101 public files and 22 hostile ones, beside MarkItDown in the same run.

TANGNET_BENCH_DATA=FOLDER TANGNET_BENCH_PEER=PYTHON pytest -m bench tests/bench/bench_formats.py -s
FOLDER holds docs/files, docs/expected.jsonl, tools/score_docs.py (which scores both) and tools/make_hostile.py.
PYTHON is that of an environment with `markitdown[all]`; without it the peer is left out.
TANGNET_BENCH_OUT=FOLDER keeps what was read as text files, to be looked at.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.rag.worker import Reader
from tests.bench.figures import DATA, ROUNDS, show

PEER = os.environ.get("TANGNET_BENCH_PEER", "")
OUT = os.environ.get("TANGNET_BENCH_OUT", "")
_SCORE = re.compile(r"^(\S.*?)\s+(\d+)/(\d+) = ")

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one file."""

    file: str
    status: str
    text: str
    seconds: float
    """By the clock, from asking to having the document."""
    peak_mb: float
    reason: str = ""


async def read_all(paths: Sequence[Path]) -> list[Row]:
    """Read with our own reading process, one for all."""
    reader = Reader()
    rows = []
    try:
        for path in paths:
            started = time.perf_counter()
            reading = await reader.read(path)
            seconds = time.perf_counter() - started
            text = reading.document.text if reading.document else ""
            rows.append(Row(path.name, reading.status, text, seconds, reading.peak_mb, reading.reason))
    finally:
        await reader.close()
    return rows


def peer_read_all(paths: Sequence[Path]) -> list[Row]:
    """Read with MarkItDown in one process of its own."""
    process = subprocess.Popen(
        [PEER, str(Path(__file__).with_name("markitdown_peer.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    assert process.stdin is not None and process.stdout is not None
    rows = []
    with process:
        assert json.loads(process.stdout.readline())["ready"], "the peer did not start"
        for path in paths:
            process.stdin.write(json.dumps(str(path)) + "\n")
            process.stdin.flush()
            said = json.loads(process.stdout.readline())
            rows.append(Row(path.name, said["status"], said["text"], said["seconds"], 0.0, said["reason"]))
        process.stdin.close()
    return rows


def expected() -> list[dict[str, Any]]:
    """The rows of expected.jsonl."""
    with (Path(DATA) / "docs" / "expected.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def score(rows: Sequence[Row], folder: Path, name: str) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """Let the set's own tool score; returns right and all by what is counted, and what was wrong."""
    results = folder / f"{name}.jsonl"
    with results.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(
                json.dumps(
                    {
                        "file": row.file,
                        "status": row.status,
                        "text": row.text,
                        "seconds": row.seconds,
                        "peak_mb": row.peak_mb,
                    }
                )
                + "\n"
            )
    tool = Path(DATA) / "tools" / "score_docs.py"
    answers = Path(DATA) / "docs" / "expected.jsonl"
    printed = subprocess.run(
        [sys.executable, str(tool), str(answers), str(results)], capture_output=True, text=True, check=True
    ).stdout
    counts: dict[str, tuple[int, int]] = {}
    wrong = []
    for line in printed.splitlines():
        found = _SCORE.match(line)
        if found:
            counts[found.group(1)] = (int(found.group(2)), int(found.group(3)))
        else:
            wrong.append(line)
    return counts, wrong


@pytest.fixture(scope="module")
def paths() -> list[Path]:
    """All files of the set."""
    assert DATA, "TANGNET_BENCH_DATA names the folder of the evaluation data"
    return [Path(DATA) / "docs" / "files" / str(row["file"]) for row in expected()]


def test_correct(paths: list[Path], tmp_path: Path) -> None:
    """Snippets, order, boilerplate, protected, scanned and broken files, by the set's own tool."""
    rows = asyncio.run(read_all(paths))
    counts, wrong = score(rows, tmp_path, "ours")
    theirs, their_wrong = score(peer_read_all(paths), tmp_path, "peer") if PEER else ({}, [])
    for what, (right, of) in counts.items():
        peer: dict[str, Any] = {"markitdown": f"{theirs[what][0]}/{theirs[what][1]}"} if what in theirs else {}
        show(f"formats: {what}", right, f"of {of}", goal=f"value >= {of}", **peer)
    show_without_markup(wrong, counts["snippets"][0], their_wrong, theirs.get("snippets", (0, 0))[0])
    slowest, largest = max(rows, key=lambda row: row.seconds), max(rows, key=lambda row: row.peak_mb)
    show("formats: slowest file", slowest.seconds, "s", goal="value <= 30", file=slowest.file)
    show("formats: most memory", largest.peak_mb, "MB", goal="value <= 1024", file=largest.file)
    for line in wrong:
        print("  wrong:", line)
    for line in their_wrong:
        print("  markitdown:", line)
    if OUT:
        for row in rows:
            Path(OUT, f"{row.file}.txt").write_text(f"{row.status}: {row.reason}\n\n{row.text}", encoding="utf-8")


def show_without_markup(wrong: list[str], right: int, their_wrong: list[str], their_right: int) -> None:
    """The set asks for five lines of RTF source, which a reader of RTF must not show: the figure without them."""
    asked = [snippet for row in expected() for snippet in snippets(row) if snippet.startswith("{\\")]
    of = sum(len(snippets(row)) for row in expected()) - len(asked)

    def without(found: int, missing: list[str]) -> int:
        return found - len(asked) + sum(any(repr(snippet) in line for line in missing) for snippet in asked)

    peer: dict[str, Any] = {"markitdown": f"{without(their_right, their_wrong)}/{of}"} if PEER else {}
    show("formats: snippets that are text", without(right, wrong), f"of {of}", goal=f"value >= {of}", **peer)


def snippets(row: dict[str, Any]) -> list[str]:
    """What the text of a file must hold."""
    return [*row["must_include"], *row.get("order", [])] if row["expect"] == "text" else []


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_seconds_per_megabyte(paths: list[Path], kind: str) -> None:
    """Both in a warm process of their own, imports not counted; each round reads every file once."""
    wanted = {row["file"] for row in expected() if row["expect"] == "text" and row["format"] == kind}
    files = [path for path in paths if path.name in wanted]
    size = sum(path.stat().st_size for path in files) / 1e6
    ours = asyncio.run(read_all([*files, *files * ROUNDS]))
    theirs = peer_read_all([*files, *files * ROUNDS]) if PEER else None
    show(
        f"formats: reading {kind.upper()}",
        _rounds(ours, len(files), size),
        "s/MB",
        _rounds(theirs, len(files), size) if theirs else None,
        goal="ratio <= 1" if theirs else "",
        files=len(files),
        megabytes=round(size, 2),
    )


def _rounds(rows: Sequence[Row], count: int, megabytes: float) -> list[float]:
    """Seconds per megabyte of each round; the first warmed the process up."""
    return [
        sum(row.seconds for row in rows[at : at + count]) / megabytes
        for at in range(count, len(rows) - count + 1, count)
    ]


HARMLESS: dict[str, tuple[set[str], str, str]] = {
    # what may become of it, what the text must hold, what it must not
    "bomb_200MB.docx": ({"rejected"}, "", "AAAA"),
    "xxe.docx": ({"rejected"}, "", "root:"),
    "billion_laughs.docx": ({"rejected"}, "", "lollol"),
    "traversal.zip": ({"ok"}, "The harmless member of the archive says hello.", ""),
    "many_members.zip": ({"ok", "rejected"}, "", ""),
    "nested12.zip": ({"ok", "empty", "rejected"}, "", "bottom"),
    "deep.html": ({"ok", "rejected"}, "", ""),
    "deep.json": ({"ok", "rejected", "empty"}, "", ""),
    "one_line_20MB.txt": ({"ok"}, "word word", ""),
    "nul_bytes.txt": ({"rejected"}, "", "text"),
    "png_named.pdf": ({"rejected", "empty", "error"}, "", "PNG"),
    "truncated.pdf": ({"error", "rejected"}, "", ""),
    "flate_bomb.pdf": ({"error", "rejected", "empty"}, "", ""),
    "sparse_corner.xlsx": ({"ok"}, "far corner", ""),
    "injection.md": ({"ok"}, "Lost passes cost 15 euros.", ""),
    "injection_hidden.html": ({"ok"}, "The cafeteria opens at 7:30.", "closed for ever"),
    "name_\u202egpj.exe.txt": ({"ok"}, "right-to-left override in the name", ""),
    "a" * 200 + ".txt": ({"ok"}, "long name", ""),
    "new\nline.txt": ({"ok"}, "newline in the name", ""),
    "-rf.txt": ({"ok"}, "dash name", ""),
    "link_to_passwd.txt": ({"rejected"}, "", "root:"),
    "pipe.txt": ({"rejected"}, "", ""),
}


def test_hostile_files_are_harmless(tmp_path: Path) -> None:
    """The right answer for each, in time and memory, and not a file more on the disk than before."""
    made = tmp_path / "hostile"
    subprocess.run(
        [sys.executable, str(Path(DATA) / "tools" / "make_hostile.py"), str(made)], check=True, capture_output=True
    )
    before = set(_names(made)) | set(_evil())
    rows = {row.file: row for row in asyncio.run(read_all([made / name for name in sorted(os.listdir(made))]))}
    harmless = 0
    for name, (statuses, holds, lacks) in HARMLESS.items():
        row = rows[name]
        good = row.status in statuses and holds in row.text and not (lacks and lacks in row.text)
        good = good and row.seconds <= 30 and row.peak_mb <= 1300 and (row.status == "ok" or row.reason.endswith("."))
        harmless += good
        if not good:
            print(f"  wrong: {name!r}: {row.status}, {row.seconds:.1f} s, {row.peak_mb:.0f} MB, {row.reason}")
    show("formats: hostile files harmless", harmless, f"of {len(HARMLESS)}", goal=f"value >= {len(HARMLESS)}")
    assert set(rows) == set(HARMLESS)
    new = (set(_names(made)) | set(_evil())) - before
    show("formats: files made by hostile ones", len(new), "files", goal="value <= 0")


def _names(folder: Path) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        yield from (str(Path(parent, name)) for name in (*folders, *files))


def _evil() -> Iterator[str]:
    yield from (str(path) for path in Path("/tmp").glob("evil_*"))
