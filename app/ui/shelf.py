"""Pure: the documents as the library view lists them: by folder, filtered, sorted, each with its words. No Qt.

`prepare` is done when the documents have changed, `arrange` at each keystroke; both off the Qt thread, because with
10,000 documents they take longer than a frame.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.ui.core_words import in_language
from app.ui.numbers import day as written_day
from app.ui.numbers import near_day, number, percent, size
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import DocumentInfo

KINDS: dict[str, tuple[str, ...]] = {
    "PDF": ("pdf",),
    "Text": ("txt", "md", "markdown", "rst", "rtf", "tex", "log"),
    "Word processing": ("docx", "doc", "odt"),
    "Slides": ("pptx", "odp"),
    "Tables": ("xlsx", "xls", "ods", "csv", "tsv"),
    "Web and books": ("html", "htm", "xhtml", "epub"),
    "Mail": ("eml", "msg"),
    "Pictures": ("png", "jpg", "jpeg", "tif", "tiff", "bmp", "gif", "webp"),
    "Recordings": ("wav", "mp3", "m4a", "m4b", "ogg", "oga", "opus", "flac", "aac", "amr", "3gp", "aif", "aiff", "au",
                   "wma", "mka", "mp4", "m4v", "mkv", "webm", "mov", "avi", "mpg", "mpeg", "wmv"),
    "Data and code": ("json", "ipynb", "xml", "yaml", "yml", "toml", "py", "js", "ts", "c", "h", "cpp", "java", "rs",
                      "go", "sh", "sql", "css"),
    "Archives": ("zip",),
}  # fmt: skip
OTHER = "Other"
_BY_ENDING = {ending: kind for kind, endings in KINDS.items() for ending in endings}
PAGED = ("pdf",)
"""Endings of files whose pages are drawn; picture files are drawn, too."""

STEPS = ("reading", "recognising", "transcribing", "embedding", "writing")
"""What is being done with a file, as LibraryState says it."""
_DOTS = {
    "indexed": "good",
    "waiting": "muted",
    "failed": "on_error",
    "missing": "on_error",
    "cancelled": "muted",
    "protected": "on_notice",
    "scanned": "on_notice",
}

ANY = "all"


@dataclass(frozen=True, slots=True)
class Item:
    """One document with what searching and sorting look at."""

    info: DocumentInfo
    state: str
    """indexed, waiting, one of STEPS, cancelled, failed, missing, protected or scanned."""
    kind: str
    folder: str
    name: str
    hay: str
    """Lower-case text that is searched."""
    when: str
    """ISO 8601: when it was changed last, else added."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a document, or a folder above its documents."""

    key: str
    """Path."""
    title: str
    detail: str
    depth: int
    state: str = ""
    dot: str = ""
    pages: str = ""
    size: str = ""
    when: str = ""
    fraction: float | None = None
    folder: bool = False
    open: bool = True
    """A folder whose documents are shown."""
    watched: bool = False
    more: str = ""
    """Stands in the place of `detail` where pages, size and when have columns of their own."""
    stamp: str = ""
    """Tells contents of the same file apart."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be shown, and how."""

    text: str = ""
    kind: str = ""
    state: str = ANY
    days: int = 0
    order: str = "name"
    by_folder: bool = True
    closed: frozenset[str] = frozenset()
    """Folders whose documents are not shown."""
    hidden: frozenset[str] = frozenset()
    """Paths that are being removed, folders with all below them."""
    watched: frozenset[str] = frozenset()

    @property
    def narrows(self) -> bool:
        """Whether documents are left out."""
        return bool(self.text.strip() or self.kind or self.state != ANY or self.days)


@dataclass(frozen=True, slots=True)
class Arranged:
    """The rows, where each is, and figures about all documents."""

    entries: tuple[Entry, ...]
    places: Mapping[str, int]
    total: int
    shown: int
    attention: int
    coming: int
    kinds: tuple[str, ...]
    """Kinds that there are documents of."""


def state_of(info: DocumentInfo) -> str:
    """Return how it is with a document, in one word of `Item.state`."""
    reason = info.reason.lower()
    if info.state == "failed" and "password" in reason:
        return "protected"
    if info.state == "failed" and ("scan" in reason or "holds no text" in reason):
        return "scanned"
    return {"queued": "waiting", "password": "protected"}.get(info.state, info.state)


def step_word(state: str) -> str:
    """Return what is being done with a document; "" when nothing is."""
    known = {
        "waiting": tr("waits for its turn"),
        "reading": tr("is being read"),
        "recognising": tr("its text is being recognised"),
        "transcribing": tr("is being listened to"),
        "embedding": tr("is being indexed"),
        "writing": tr("is being indexed"),
    }
    return known.get(state, "")


def kind_of(path: str) -> str:
    """Return the name of the kind of file, by its ending."""
    return _BY_ENDING.get(ending(path), OTHER)


def kind_name(kind: str) -> str:
    """Return what a kind of file is called."""
    known = {
        "Text": tr("Text"),
        "Word processing": tr("Word processing"),
        "Slides": tr("Slides"),
        "Tables": tr("Tables"),
        "Web and books": tr("Web and books"),
        "Mail": tr("Mail"),
        "Pictures": tr("Pictures"),
        "Recordings": tr("Recordings"),
        "Data and code": tr("Data and code"),
        "Archives": tr("Archives"),
        OTHER: tr("Other"),
    }
    return known.get(kind, kind)


def ending(path: str) -> str:
    """Return the ending of a file's name in lower case, without the dot."""
    return os.path.splitext(path)[1][1:].lower()


def is_drawn(path: str) -> bool:
    """Tell whether pages of such a file can be shown as pictures."""
    return ending(path) in PAGED or kind_of(path) == "Pictures"


def day(when: str, now: datetime) -> str:
    """Return a moment as people say it: "today 14:05", "yesterday", "Tue 14 Nov" or "14 Nov 2025"; local time."""
    try:
        moment = datetime.fromisoformat(when).astimezone(now.tzinfo)
    except ValueError:
        return ""
    days = (now.date() - moment.date()).days
    if days == 0:
        return tr("today {time}", time=f"{moment:%H:%M}")
    if days == 1:
        return tr("yesterday")
    return near_day(moment) if 0 < days < 7 else written_day(moment)


def prepare(documents: Sequence[DocumentInfo]) -> tuple[Item, ...]:
    """Return the documents with what searching and sorting look at."""
    made = []
    names = {kind: kind_name(kind).lower() for kind in (*KINDS, OTHER)}
    for info in documents:
        folder, name = os.path.split(info.path)
        state = state_of(info)
        kind = kind_of(info.path)
        hay = f"{info.path}\n{info.title}\n{names[kind]}\n{state}\n{info.reason}\n{info.language}".lower()
        made.append(Item(info, state, kind, folder, name, hay, info.modified or info.added_at))
    return tuple(made)


def arrange(
    items: Sequence[Item],
    wanted: Wanted,
    working: Mapping[str, tuple[str, float | None]],
    now: datetime | None = None,
) -> Arranged:
    """Return the rows to show. `working`: step and share done of what is being worked on, by path."""
    now = now or datetime.now().astimezone()
    oldest = (now - timedelta(days=wanted.days)).astimezone(UTC).isoformat() if wanted.days else ""
    words = wanted.text.lower().split()
    hidden = tuple(wanted.hidden)
    there = [item for item in items if not _below(item.info.path, hidden)] if hidden else list(items)
    found = []
    attention = coming = 0
    for item in there:
        group = _group(item.state, item.info.path in working)
        attention += group == "attention"
        coming += group == "coming"
        if (
            (wanted.kind and item.kind != wanted.kind)
            or (wanted.state != ANY and group != wanted.state)
            or (oldest and item.when < oldest)
            or not all(word in item.hay for word in words)
        ):
            continue
        found.append(item)
    _sort(found, wanted.order, working)
    entries = _tree(found, wanted, working, now) if wanted.by_folder else _flat(found, working, now)
    present = {item.kind for item in there}
    return Arranged(
        tuple(entries),
        {entry.key: at for at, entry in enumerate(entries)},
        len(there),
        len(found),
        attention,
        coming,
        tuple(kind for kind in (*KINDS, OTHER) if kind in present),
    )


def short(path: str) -> str:
    """Return a folder's path with the home folder as "~"."""
    home = os.path.expanduser("~")
    return f"~{path[len(home) :]}" if path == home or path.startswith(home + os.sep) else path


def _group(state: str, working: bool) -> str:
    if working or state == "waiting" or state in STEPS:
        return "coming"
    return "ready" if state == "indexed" else "attention"


def _below(path: str, roots: Sequence[str]) -> bool:
    return any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def _sort(items: list[Item], order: str, working: Mapping[str, tuple[str, float | None]]) -> None:
    if order == "when":
        items.sort(key=lambda item: item.when, reverse=True)
    elif order == "size":
        items.sort(key=lambda item: -item.info.size)
    elif order == "pages":
        items.sort(key=lambda item: -(item.info.pages or 0))
    elif order == "state":
        ranks = {"attention": 0, "coming": 1, "ready": 2}
        items.sort(key=lambda item: (ranks[_group(item.state, item.info.path in working)], item.name.lower()))
    else:
        items.sort(key=lambda item: item.name.lower())


def _flat(items: Sequence[Item], working: Mapping[str, tuple[str, float | None]], now: datetime) -> list[Entry]:
    return [_entry(item, 0, working, now) for item in items]


def _tree(
    items: Sequence[Item], wanted: Wanted, working: Mapping[str, tuple[str, float | None]], now: datetime
) -> list[Entry]:
    """Return folders with their documents below them; a folder that holds only one folder is joined with it."""
    inside: dict[str, list[Item]] = {}
    for item in items:
        inside.setdefault(item.folder, []).append(item)
    folders = set(inside)
    if not wanted.narrows:
        folders |= {path for path in wanted.watched if not _below(path, tuple(wanted.hidden))}
    below: dict[str, list[str]] = {}
    for folder in sorted(folders, key=str.lower):
        below.setdefault(_parent(folder, folders), []).append(folder)
    counts: dict[str, int] = {}
    entries: list[Entry] = []
    trouble: dict[str, int] = {}

    def count(folder: str) -> None:
        for child in below.get(folder, ()):
            count(child)
        mine = inside.get(folder, ())
        counts[folder] = len(mine) + sum(counts[child] for child in below.get(folder, ()))
        trouble[folder] = sum(_group(one.state, one.info.path in working) == "attention" for one in mine) + sum(
            trouble[child] for child in below.get(folder, ())
        )

    def put(folder: str, depth: int, above: str) -> None:
        title = os.path.relpath(folder, above) if above else short(folder)
        opened = folder not in wanted.closed or bool(wanted.text.strip())
        watched = folder in wanted.watched
        inside_it = counts[folder]
        parts = [tr("1 document") if inside_it == 1 else tr("{number} documents", number=number(inside_it))]
        if trouble[folder]:
            parts.append(
                tr("{number} need attention", number=trouble[folder])
                if trouble[folder] > 1
                else tr("1 needs attention")
            )
        if watched:
            parts.append(tr("watched"))
        entries.append(
            Entry(folder, title, " · ".join(parts), depth, folder=True, open=opened, watched=watched,
                  dot="on_error" if trouble[folder] else "")
        )  # fmt: skip
        if not opened:
            return
        for child in below.get(folder, ()):
            put(child, depth + 1, folder)
        entries.extend(_entry(item, depth + 1, working, now) for item in inside.get(folder, ()))

    for folder in below.get("", ()):
        count(folder)
        put(folder, 0, "")
    return entries


def _parent(folder: str, folders: Collection[str]) -> str:
    above = os.path.dirname(folder)
    while above != os.path.dirname(above):
        if above in folders:
            return above
        above = os.path.dirname(above)
    return ""


def _entry(item: Item, depth: int, working: Mapping[str, tuple[str, float | None]], now: datetime) -> Entry:
    info = item.info
    state, fraction = working.get(info.path, (item.state, None))
    pages = "" if not info.pages else tr("1 page") if info.pages == 1 else tr("{pages} pages", pages=number(info.pages))
    weight, when = size(info.size), day(item.when, now)
    said = _said(state, fraction, info)
    passages = (
        ""
        if not info.chunks
        else tr("1 passage")
        if info.chunks == 1
        else tr("{number} passages", number=number(info.chunks))
    )
    detail = said or " · ".join(part for part in (pages or passages, weight, when) if part) or info.state
    more = said or " · ".join(part for part in (info.title, passages) if part)
    return Entry(info.path, item.name, detail, depth, state, _DOTS.get(state, "accent"), pages, weight, when, fraction,
                 more=more, stamp=info.sha256[:16])  # fmt: skip


def _said(state: str, fraction: float | None, info: DocumentInfo) -> str:
    """Return what is wrong or going on with a document; "" when it is simply there."""
    if state == "protected":
        return tr("protected: needs its password")
    if state == "missing":
        return tr("the file is no longer there")
    if state == "cancelled":
        return tr("adding it was stopped")
    if state in ("failed", "scanned"):
        return in_language(info.reason) or tr("could not be read")
    word = step_word(state)
    return f"{word}, {percent(fraction)}" if word and fraction else word
