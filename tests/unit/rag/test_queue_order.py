"""The order of the durable queue, and what survives in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.rag.queue import Queue, below, is_below
from app.rag.records import Change, Record, Records
from app.rag.scanning import FoundFile


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = Records(tmp_path / "documents.db")
    yield opened
    opened.close()


def put(queue: Queue, *names: str, by_user: bool = True, root: str = "/docs") -> None:
    queue.ask([root], by_user=by_user)
    asked = [one for one in queue.asked() if one.path == root]
    queue.discovered(asked, [FoundFile(f"{root}/{name}", 1, 1) for name in names])


def order(queue: Queue) -> list[str]:
    return [waiting.path.rsplit("/", 1)[-1] for waiting in queue.next(100)]


def test_what_was_dropped_last_comes_first_and_a_rescan_last(records: Records) -> None:
    queue = records.queue
    put(queue, "a", "b")
    put(queue, "w", by_user=False, root="/watched")
    put(queue, "c", "d", root="/new")
    assert order(queue) == ["c", "d", "a", "b", "w"]
    put(queue, "w", root="/watched")  # now the user wants it
    assert order(queue) == ["w", "c", "d", "a", "b"]
    queue.first(["/docs/b"])
    assert order(queue)[0] == "b"
    assert [waiting.path for waiting in queue.next(2, ["/docs/b"], ["/docs", "/new"])] == ["/new/c", "/new/d"]
    assert queue.next(5, (), []) == []


def test_paths_of_one_call_keep_their_order(records: Records) -> None:
    queue = records.queue
    queue.ask(["/two", "/one"], by_user=True)
    assert [one.path for one in queue.asked()] == ["/two", "/one"]
    queue.discovered(queue.asked(), [FoundFile("/one/a", 1, 1), FoundFile("/two/b", 1, 1)])
    assert order(queue) == ["b", "a"] and queue.asked() == []


def test_a_file_that_changed_while_it_was_worked_on_stays(records: Records) -> None:
    queue = records.queue
    put(queue, "a")
    seen = FoundFile("/docs/a", 1, 1)
    queue.keep(seen, b"text")
    queue.ask(["/docs"], by_user=False)
    queue.discovered(queue.asked(), [FoundFile("/docs/a", 2, 2)])
    assert records.put([Change(Record("/docs/a", "indexed", size=1, mtime_ns=1), seen=seen)]) == set()
    assert order(queue) == ["a"] and queue.kept("/docs/a") is None
    now = FoundFile("/docs/a", 2, 2)
    records.put([Change(Record("/docs/a", "indexed", size=2, mtime_ns=2), seen=now)])
    assert order(queue) == [] and not queue.busy(None)


def test_a_file_that_left_the_queue_is_not_stored(records: Records) -> None:
    put(records.queue, "a")
    assert [waiting.path for waiting in records.queue.drop(["/docs"])] == ["/docs/a"]
    change = Change(Record("/docs/a", "indexed", size=1, mtime_ns=1), seen=FoundFile("/docs/a", 1, 1))
    assert records.put([change]) == {"/docs/a"} and records.get("/docs/a") is None


def test_vectors_of_another_model_are_not_taken(records: Records) -> None:
    queue = records.queue
    queue.keep_vectors("one", {"x": b"1", "y": b"2"})
    assert queue.vectors("one", ["x", "z"]) == {"x": b"1"} and queue.vectors("two", ["x"]) == {}
    queue.forget_vectors("one", ["x"])
    assert queue.vectors("one", ["x", "y"]) == {"y": b"2"}
    queue.clear_vectors()
    assert queue.vectors("one", ["y"]) == {}


@pytest.mark.parametrize(
    ("path", "inside"), [("/a/b", True), ("/a/b/c", True), ("/a/bc", False), ("/a/b0", False), ("/a", False)]
)
def test_below_means_the_same_in_sql_and_here(records: Records, path: str, inside: bool) -> None:
    assert is_below(path, "/a/b") == inside == is_below(path, "/a/b/")
    file, first, last = below("/a/b/")
    assert (path in (file, file.rstrip("/")) or first <= path < last) == inside


def test_what_was_read_before_a_file_changed_goes_when_it_leaves(records: Records) -> None:
    queue = records.queue
    put(queue, "a")
    queue.keep(FoundFile("/docs/a", 1, 1), b"text")
    queue.ask(["/docs"], by_user=False)
    queue.discovered(queue.asked(), [FoundFile("/docs/a", 2, 2)])
    queue.left([FoundFile("/docs/a", 2, 2)])
    assert order(queue) == [] and queue.kept_paths() == []


def test_nothing_is_kept_of_a_file_that_was_cancelled_while_it_was_read(records: Records) -> None:
    queue = records.queue
    put(queue, "a")
    queue.drop(["/docs/a"])
    queue.keep(FoundFile("/docs/a", 1, 1), b"text")
    assert queue.kept_paths() == []
