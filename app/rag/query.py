"""Understands a question before it is searched, without a model: phrases, file, folder, kind and date. Pure.

Only what names something that is in the library becomes a filter; everything else stays a word. Words that a filter
has used are taken out of the text that is searched. English, German and Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from app.rag import language
from app.rag.catalogue import Catalogue, Entry, plain
from app.rag.dates import Span, dates_in

_MAX_CHARACTERS = 8000
_MAX_PHRASES = 8
_NAME_WORDS = 6
"""The longest name of a file or folder that is looked for, in words."""
_QUOTED = re.compile(r'"([^"\n]{1,200})"|“([^“”„\n]{1,200})”|„([^“”"\n]{1,200})[“”"]|«([^»\n]{1,200})»')
_IN = r"(?:in|inside|within|from|of|among|through|under|im|in|aus|von|vom|unter|innerhalb|en|de|del|dentro de|entre)"
_THE = (
    r"(?:the|a|an|my|our|your|this|that|these|those|all|any|some|der|die|das|dem|den|des|ein|einer|einem|einen|mein\w{0,2}"
    r"|unser\w{0,2}|dies\w{1,2}|alle\w?|el|la|los|las|un|una|mis?|nuestr[oa]s?|est[eao]s?|tod[oa]s?|all|todos los)"
)
_KINDS: dict[str, tuple[str, str]] = {
    "pdf": (
        "PDF files",
        r"pdfs?(?:[- ](?:files?|documents?|dateien|datei|dokumente?n?))?|archivos? pdf|documentos? pdf",
    ),
    "document": (
        "Word documents",
        r"(?:word|docx|odt|rtf)[- ]?(?:files?|documents?|dateien|datei|dokumente?n?)|docx"
        r"|(?:documentos?|archivos?) (?:de )?word",
    ),
    "spreadsheet": (
        "spreadsheets",
        r"spreadsheets?|excel(?: (?:files?|sheets?|workbooks?))?|exceldatei(?:en)?"
        r"|excel-datei(?:en)?|excel-tabellen?|tabellenkalkulation(?:en)?|xlsx|csvs?(?: files?)?"
        r"|hojas? de cálculo|hojas? de calculo",
    ),
    "presentation": (
        "presentations",
        r"presentations?|slides?|slide ?decks?|power ?points?|pptx|präsentation(?:en)?"
        r"|praesentation(?:en)?|folien|diapositivas?|presentacion(?:es)?|presentación",
    ),
    "mail": ("mails", r"e-?mails?|mails?|mailbox|correos?(?: electrónicos?| electronicos?)?"),
    "web": ("web pages", r"web ?pages?|html files?|webseiten?|páginas? web|paginas? web"),
    "book": ("e-books", r"e-?books?|epubs?|libros? electrónicos?|libros? electronicos?"),
    "notebook": ("notebooks", r"jupyter notebooks?|notebooks?|ipynb"),
    "picture": (
        "pictures",
        r"pictures?|photos?|images?|scans?|screenshots?|bildern?|fotos?|scans|imágenes|imagen(?:es)?",
    ),
    "recording": (
        "recordings",
        r"recordings?|podcasts?|videos?|voice memos?|aufnahmen?|aufzeichnung(?:en)?"
        r"|grabacion(?:es)?|grabación|vídeos?",
    ),
    "code": ("source code", r"source code|source files?|quellcode|quelltext(?:en)?|código fuente|codigo fuente"),
}
_THESE = (
    r"(?:the|my|our|your|this|that|these|those|all|any|der|die|das|dem|den|mein\w{0,2}|unser\w{0,2}|dies\w{1,2}|alle\w?"
    r"|el|la|los|las|mis?|nuestr[oa]s?|est[eao]s?|tod[oa]s?)"
)
"""Which one is meant: "in a PDF" asks about any PDF there could be and is no filter."""
_KIND_CUE = {
    kind: re.compile(
        rf"(?<!\w)(?:{_IN}\s+(?:{_THESE}\s+){{1,2}}(?:{words})|{_IN}\s+(?:{words})(?<=s)"
        rf"|(?:my|our|meinen?|unseren?|mis|nuestr[oa]s|im|del)\s+(?:{words}))(?!\w)",
        re.I,
    )
    for kind, (_, words) in _KINDS.items()
}
_FOLDER_AFTER = re.compile(
    rf"(?<!\w)(?:{_IN}\s+)?(?:{_THE}\s+)?(?:folders?|director(?:y|ies)|ordnern?|verzeichnis(?:se)?|carpetas?|directorios?)"
    r"\s+(?:called\s+|named\s+|namens\s+|llamad[oa]\s+)?(?:(?:de|del)\s+(?:(?:la|los|las|el)\s+)?)?",
    re.I,
)
_FOLDER_BEFORE = re.compile(
    rf"(?<!\w)(?:{_IN}\s+(?:{_THE}\s+)?|(?:my|our)\s+)((?:\S+[\s-]+){{1,{_NAME_WORDS}}}?)(?:folders?|director(?:y|ies)|ordner|verzeichnis)"
    r"(?!\w)",
    re.I,
)
_FOLDER_JOINED = re.compile(rf"(?<!\w)(?:{_IN})\s+(?:{_THE}\s+)?(\w{{3,}}?)-?(?:ordner|verzeichnis)(?!\w)", re.I)
_FILE_AFTER = re.compile(
    rf"(?<!\w)(?:{_IN}\s+)?(?:{_THE}\s+)?(?:files?|documents?|datei|dokument|archivo|fichero|documento)"
    r"\s+(?:called\s+|named\s+|namens\s+|llamad[oa]\s+)?",
    re.I,
)
_FILE_IN = re.compile(rf"(?<!\w)(?:{_IN}|according to|laut|según|segun)\s+(?:{_THE}\s+)?", re.I)
_WITH_EXTENSION = re.compile(r"[^\s\"“”„«»]+\.[A-Za-z0-9]{1,8}(?!\w)")
_TOKEN = re.compile(r"[^\s\"“”„«»?!,;:()]+")
_HANGING = re.compile(rf"^(?:{_IN}|{_THE}|and|und|y|,|\s)+$", re.I)


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is to be searched."""

    text: str
    """The question as asked, white space made single: what is embedded when there is no filter."""
    words: str
    """What is left of it to be searched for as words; the text itself when filters used up everything."""
    phrases: tuple[str, ...] = ()
    """Must occur as they stand, but for case, accents and white space."""
    language: str = ""
    """ISO 639-1; "" when it cannot be told."""
    paths: tuple[str, ...] = ()
    """Only these files, and files below these folders; empty = everywhere."""
    kinds: tuple[str, ...] = ()
    """Only these kinds, as `app.rag.catalogue.kind_of` names them; empty = all."""
    since: int | None = None
    """Only files changed at this time or later, in seconds since 1970."""
    until: int | None = None
    """Only files changed before this time."""
    named: tuple[str, ...] = ()
    """Files that count as of that time whatever their date, because a year is in their name."""
    filters: tuple[str, ...] = ()
    """The filters in plain words, for the user."""
    dropped: str = ""
    """A sentence when filters together left nothing and were given up; else ""."""
    half: str = field(default="", kw_only=True)
    """The last word, when it may be half typed: nothing stands behind it, not even a blank."""

    def where(self) -> str:
        """Return the filters as a condition for the table of chunks; "" for none."""
        parts = []
        if self.paths:
            parts.append(" OR ".join(_below(path) for path in self.paths))
        if self.kinds:
            parts.append(f"kind IN ({', '.join(map(_quoted, self.kinds))})")
        times = []
        if self.since is not None:
            times.append(f"modified >= {int(self.since)}")
        if self.until is not None:
            times.append(f"modified < {int(self.until)}")
        if times:
            time = " AND ".join(times)
            if self.named:
                time = f"({time}) OR path IN ({', '.join(map(_quoted, self.named))})"
            parts.append(time)
        return " AND ".join(f"({part})" for part in parts)

    def without_filters(self) -> Query:
        """Return the same question for the whole library, with all its words."""
        return Query(self.text, self.text, (), self.language, dropped=self.dropped, half=self.half)


def understand(text: str, known: Catalogue, today: date | None = None) -> Query:
    """Return what `text` asks for.

    Args:
        text: Any text; it has no syntax but quotes.
        known: What is in the library; asked only when the question may name something of it.
        today: For "last week"; the day it is when left out.
    """
    half = _half(text)
    text = " ".join(text.split())[:_MAX_CHARACTERS]
    query = Query(text, text, language=language.of_query(text, known.languages), half=half)
    parsed = _Parsed(text, known)
    if parsed.may_filter():
        parsed.files()
        parsed.folders()
        parsed.kinds()
        parsed.dates(today or date.today())
    phrases = parsed.phrases()
    query = replace(query, phrases=phrases, words=parsed.rest() or text)
    filtered = parsed.filtered(query)
    if filtered is None:
        return query
    if not any(_fits(entry, filtered) for entry in known.entries):
        return replace(query, words=text, dropped=f"Nothing is in {', '.join(parsed.told)}: searched everywhere.")
    told = (*parsed.told, *(f'with "{phrase}"' for phrase in phrases))
    return replace(filtered, filters=told)


class _Parsed:
    """The question while it is taken apart: spans that filters have used, and the filters."""

    def __init__(self, text: str, known: Catalogue) -> None:
        self.text = text
        self.known = known
        self.told: list[str] = []
        self._used: list[tuple[int, int]] = []
        self._paths: list[str] = []
        self._kinds: list[str] = []
        self._time: Span | None = None
        self._named: tuple[str, ...] = ()

    def may_filter(self) -> bool:
        """Return whether anything looks like a filter, before the library is looked at."""
        return bool(
            _FILE_IN.search(self.text)
            or _FILE_AFTER.search(self.text)
            or _FOLDER_AFTER.search(self.text)
            or _WITH_EXTENSION.search(self.text)
            or any(cue.search(self.text) for cue in _KIND_CUE.values())
            or dates_in(self.text, date(2000, 1, 1))
        )

    def files(self) -> None:
        """Find files that are named: with extension anywhere, without after "file", or a telling name after "in"."""
        for match in _WITH_EXTENSION.finditer(self.text):
            start, end = match.span()
            for start in self._starts_before(match.start()):
                found = self.known.files(self.text[start:end])
                if found:
                    self._use_names(start, end, found, "file")
                    break
        for match in _FILE_AFTER.finditer(self.text):
            self._longest(match, self.known.stems, "file")
        for match in _FILE_IN.finditer(self.text):
            self._longest(match, self._telling, "file")

    def folders(self) -> None:
        """Find folders that are named beside the word folder."""
        for match in _FOLDER_AFTER.finditer(self.text):
            self._longest(match, self.known.folders, "folder")
        for pattern in (_FOLDER_BEFORE, _FOLDER_JOINED):
            for match in pattern.finditer(self.text):
                words = match.group(1)
                first = match.start(1)
                # "in the report of the tax folder": the name may begin at any of these words.
                for token in _TOKEN.finditer(words):
                    found = self.known.folders(words[token.start() :])
                    if found:
                        begin = match.start() if token.start() == 0 else first + token.start()
                        self._use_names(begin, match.end(), found, "folder")
                        break

    def kinds(self) -> None:
        """Find kinds of files that the library holds."""
        for kind, cue in _KIND_CUE.items():
            match = cue.search(self.text)
            if match and self._free(*match.span()) and kind in self.known.kinds and len(self.known.kinds) > 1:
                self._kinds.append(kind)
                self.told.append(_KINDS[kind][0])
                self._used.append(match.span())

    def dates(self, today: date) -> None:
        """Find a time that some files, but not all, were changed in."""
        for span in dates_in(self.text, today):
            if self._time is not None or not self._free(span.start, span.end):
                continue
            if span.needs_cue and not (self._paths or self._kinds):
                continue
            named = self.known.with_year(span.year) if span.year else ()
            count = len(set(named).union(e.path for e in self.known.entries if _in_time(e, span.since, span.until)))
            if 0 < count < len(self.known.entries):
                self._time, self._named = span, named
                self.told.append(span.told)
                self._used.append((span.start, span.end))

    def phrases(self) -> tuple[str, ...]:
        """Return what stands in quotes and was not the name of a file or folder."""
        found = []
        for match in _QUOTED.finditer(self.text):
            phrase = next(group for group in match.groups() if group is not None).strip()
            if self._free(*match.span()) and plain(phrase):
                found.append(phrase)
        return tuple(dict.fromkeys(found))[:_MAX_PHRASES]

    def rest(self) -> str:
        """Return the text without what filters have used; "" if only small words are left."""
        kept, position = [], 0
        for start, end in sorted(self._used):
            kept.append(self.text[position:start])
            position = max(position, end)
        kept.append(self.text[position:])
        rest = " ".join(" ".join(kept).split())
        return "" if _HANGING.match(rest) or not plain(rest) else rest

    def filtered(self, query: Query) -> Query | None:
        """Return the query with the filters found; None if there are none."""
        if not (self._paths or self._kinds or self._time):
            return None
        since, until = (self._time.since, self._time.until) if self._time else (None, None)
        paths = tuple(dict.fromkeys(self._paths))
        return replace(query, paths=paths, kinds=tuple(self._kinds), since=since, until=until, named=self._named)

    def _telling(self, name: str) -> Sequence[str]:
        """Return files of this name if nobody would write it for anything else: letters with digits, _ or -."""
        if not re.search(r"_|\w-\w+-\w|[^\W\d]\d|\d[^\W\d]|\w-\d{4}", name):
            return ()
        return self.known.stems(name)

    def _longest(self, match: re.Match[str], names: Callable[[str], Sequence[str]], what: str) -> None:
        """Use the longest name behind a cue that the library knows."""
        rest = self.text[match.end() :]
        quoted = _QUOTED.match(rest)
        ends = [token.end() for token in _TOKEN.finditer(rest)][:_NAME_WORDS]
        if quoted:
            ends = [quoted.end()]
        for end in reversed(ends):
            found = names(rest[:end].strip("\"“”„«»' "))
            if found:
                self._use_names(match.start(), match.end() + end, found, what)
                return

    def _starts_before(self, start: int) -> Iterable[int]:
        """Yield where a name that ends in the word at `start` may begin, longest first."""
        words = [token.start() for token in _TOKEN.finditer(self.text, 0, start)]
        return [*words[-_NAME_WORDS:], start]

    def _use_names(self, start: int, end: int, found: Sequence[str], what: str) -> None:
        if not self._free(start, end):
            return
        before = re.search(rf"(?:{_IN}\s+)?(?:{_THE}\s+)?(?:(?:file|datei|archivo)\s+)?$", self.text[:start], re.I)
        self._used.append((before.start() if before else start, end))
        self._paths.extend(found)
        shown = dict.fromkeys(path.rstrip("/").rsplit("/", 1)[-1] for path in found)
        self.told.extend(f"{what} {name}" for name in list(shown)[:3])

    def _free(self, start: int, end: int) -> bool:
        return all(end <= used_start or start >= used_end for used_start, used_end in self._used)


def _half(text: str) -> str:
    """Return the last word if it may be half typed."""
    match = re.search(r"(\w{2,40})$", text)
    return match.group(1) if match else ""


def _fits(entry: Entry, query: Query) -> bool:
    if query.paths and not any(
        entry.path == path or entry.path.startswith(path.rstrip("/") + "/") for path in query.paths
    ):
        return False
    if query.kinds and entry.kind not in query.kinds:
        return False
    return _in_time(entry, query.since, query.until) or entry.path in query.named


def _in_time(entry: Entry, since: int | None, until: int | None) -> bool:
    return (since is None or entry.modified >= since) and (until is None or entry.modified < until)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _below(path: str) -> str:
    return f"path = {_quoted(path)} OR starts_with(path, {_quoted(path.rstrip('/') + '/')})"
