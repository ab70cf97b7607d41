"""What the library holds, as far as a question may name it: files, folders, kinds, languages, dates. Pure."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

_EXTENSIONS = {
    "pdf": "pdf",
    "document": "doc docx odt rtf pages",
    "spreadsheet": "xlsx xls xlsm xlsb ods csv tsv",
    "presentation": "pptx ppt odp",
    "mail": "eml msg mbox",
    "web": "html htm xhtml mhtml",
    "book": "epub",
    "notebook": "ipynb",
    "picture": "png jpg jpeg tif tiff webp bmp gif",
    "recording": "mp3 wav m4a flac ogg opus aac wma mp4 mkv webm mov avi",
    "code": "py js ts jsx tsx c h cc cpp hpp cs java kt go rs rb php pl sh ps1 lua swift scala sql r m jl css scss",
}
_KIND = {extension: kind for kind, names in _EXTENSIONS.items() for extension in names.split()}


@dataclass(frozen=True, slots=True)
class Entry:
    """One document that can be searched."""

    path: str
    kind: str
    modified: int
    """When the file was last changed, in seconds since 1970."""


def kind_of(path: str) -> str:
    """Return what kind of file it is, by its extension: pdf, spreadsheet, mail, …; "text" where nothing else fits."""
    return _KIND.get(os.path.splitext(path)[1].lower().removeprefix("."), "text")


def plain(text: str) -> str:
    """Return the words of a name in lower case without accents, separated by blanks."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in folded if not unicodedata.combining(c))))


class Catalogue:
    """Looks names up. Nothing is loaded before the first one is asked for."""

    def __init__(self, load: Callable[[], Iterable[Entry]], languages: Sequence[str] = ()) -> None:
        """`load` gives all documents; `languages` are those in the library, the most frequent first."""
        self._load = load
        self.languages = tuple(languages)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All documents."""
        return tuple(self._load())

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of files that there are."""
        return frozenset(entry.kind for entry in self.entries)

    def files(self, name: str) -> Sequence[str]:
        """Return the paths of files with this name, extension included, in any case."""
        return self._names.get(name.casefold(), ())

    def stems(self, name: str) -> Sequence[str]:
        """Return the paths of files with this name, with or without extension; blanks, - and _ are the same."""
        return self.files(name) or self._stems.get(plain(name), ())

    def folders(self, name: str) -> Sequence[str]:
        """Return the paths of folders with this name: the same words, or else all words of it in the folder's name.

        A plural s makes no difference; "tax" finds "Taxes 2023" too.
        """
        if "/" in name.strip("/"):
            ending = "/" + name.strip("/").casefold()
            return tuple(
                folder
                for _, folders in self._folders.items()
                for folder in folders
                if folder.casefold().endswith(ending)
            )
        wanted = plain(name)
        if not wanted:
            return ()
        exact = self._folders.get(wanted)
        if exact:
            return exact
        words = {_singular(word) for word in wanted.split()}
        return tuple(
            folder
            for known, folders in self._folders.items()
            if words <= {_singular(word) for word in known.split()}
            for folder in folders
        )

    def with_year(self, year: int) -> tuple[str, ...]:
        """Return the paths in whose name, or folders' names, this year stands: at most 1,000."""
        pattern = re.compile(rf"(?<!\d){year}(?!\d)")
        return tuple(entry.path for entry in self.entries if pattern.search(entry.path))[:1000]

    @cached_property
    def _names(self) -> dict[str, tuple[str, ...]]:
        return _grouped((os.path.basename(entry.path).casefold(), entry.path) for entry in self.entries)

    @cached_property
    def _stems(self) -> dict[str, tuple[str, ...]]:
        return _grouped(
            (plain(os.path.splitext(os.path.basename(entry.path))[0]), entry.path) for entry in self.entries
        )

    @cached_property
    def _folders(self) -> dict[str, tuple[str, ...]]:
        seen: set[str] = set()
        for entry in self.entries:
            folder = os.path.dirname(entry.path)
            while folder not in seen and folder != os.path.dirname(folder):
                seen.add(folder)
                folder = os.path.dirname(folder)
        return _grouped((plain(os.path.basename(folder)), folder) for folder in sorted(seen))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, path in pairs:
        found.setdefault(name, []).append(path)
    return {name: tuple(paths) for name, paths in found.items()}


def _singular(word: str) -> str:
    for ending in ("es", "en", "s", "n"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
