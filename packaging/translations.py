"""The words of the window in other languages: finds them in the code, keeps the .ts files true, makes the .qm files.

    python packaging/translations.py           takes new words into the .ts files, drops those that are gone, makes .qm
    python packaging/translations.py --check   says what is missing, and fails where something is

A translator edits app/ui/languages/tangnet_LANGUAGE.ts (with Qt Linguist or any editor) and runs the first command.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
CODE = ROOT / "app"
FOLDER = CODE / "ui" / "languages"
CONTEXT = "tangnet"
SOURCE = "en"
"""In this language the code is written: its file has the plural forms alone."""
_PLACE = re.compile(r"\{[a-z_]*\}|%n")
_BACKTICKED = re.compile(r"`[^`]*`")


class UnreadableError(Exception):
    """The code has words that cannot be found: the sentence says where."""


@dataclass
class Word:
    """A text of the code."""

    source: str
    plural: bool = False
    places: list[str] = field(default_factory=list)
    """The files that say it."""


@dataclass
class Translation:
    """What a .ts file has for a text: one form, or as many as the language has plurals."""

    forms: list[str]
    finished: bool


def words() -> dict[str, Word]:
    """Return all texts of the window by themselves, in order. Raises UnreadableError for one that is no literal."""
    found: dict[str, Word] = {}

    def take(source: str, place: str, *, plural: bool = False) -> None:
        word = found.setdefault(source, Word(source))
        word.plural |= plural
        if place not in word.places:
            word.places.append(place)

    for path in sorted(CODE.rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        for source, plural in _said(path, place):
            take(source, place, plural=plural)
    sys.path.insert(0, str(ROOT))
    from app.settings import Settings
    from app.ui.core_sentences import SENTENCES

    for declared in Settings.declared():
        for source in (declared.title, declared.sentence, *declared.names):
            if source:
                take(source, "app/settings.py")
    for source in SENTENCES:
        take(source, "app/ui/core_sentences.py")
    return dict(sorted(found.items()))


def _said(path: Path, place: str) -> Iterator[tuple[str, bool]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr" and node.args):
            continue
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value, len(node.args) > 1 or any(keyword.arg == "count" for keyword in node.keywords)
        elif path.name != "core_words.py" and not path.name.startswith(
            "settings_"
        ):  # theirs stand in tables: see words
            raise UnreadableError(f"{place}:{node.lineno}: tr() needs the text itself, not {ast.unparse(first)}")


def languages() -> list[str]:
    """Return the languages that have a file."""
    return sorted(path.stem.removeprefix("tangnet_") for path in FOLDER.glob("tangnet_*.ts"))


def wanted(language: str, found: dict[str, Word]) -> dict[str, Word]:
    """Return what the file of `language` has to have."""
    return {source: word for source, word in found.items() if word.plural or language != SOURCE}


def read(language: str) -> dict[str, Translation]:
    """Return what the .ts file of `language` has, by its English."""
    had: dict[str, Translation] = {}
    path = FOLDER / f"tangnet_{language}.ts"
    if not path.exists():
        return had
    for message in ElementTree.parse(path).getroot().iter("message"):
        told = message.find("translation")
        if told is None:
            continue
        forms = [form.text or "" for form in told.findall("numerusform")] or [told.text or ""]
        had[message.findtext("source", "")] = Translation(forms, told.get("type") != "unfinished")
    return had


def write(language: str, found: dict[str, Word], had: dict[str, Translation]) -> None:
    """Write the .ts file anew with what the code says now; what was translated stays."""
    root = ElementTree.Element("TS", version="2.1", language=language, sourcelanguage=SOURCE)
    context = ElementTree.SubElement(root, "context")
    ElementTree.SubElement(context, "name").text = CONTEXT
    for source, word in wanted(language, found).items():
        message = ElementTree.SubElement(context, "message", {"numerus": "yes"} if word.plural else {})
        for place in word.places:
            ElementTree.SubElement(message, "location", filename=f"../../../{place}")
        ElementTree.SubElement(message, "source").text = source
        told = had.get(source)
        done = told is not None and told.finished and all(told.forms) and (len(told.forms) > 1) == word.plural
        translation = ElementTree.SubElement(message, "translation", {} if done else {"type": "unfinished"})
        forms = told.forms if told is not None else []
        if word.plural:
            for form in forms if len(forms) == 2 else ["", ""]:
                ElementTree.SubElement(translation, "numerusform").text = form
        else:
            translation.text = forms[0] if len(forms) == 1 else ""
    ElementTree.indent(root, "  ")
    text = ElementTree.tostring(root, encoding="unicode")
    path = FOLDER / f"tangnet_{language}.ts"
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{text}\n', encoding="utf-8")


def compile_one(language: str, made: Path) -> None:
    """Make `made`, a .qm file, of a language's .ts file. Raises CalledProcessError where Qt's lrelease fails."""
    found = importlib.util.find_spec("PySide6")
    assert found is not None and found.submodule_search_locations, "PySide6 is not installed"
    tool = Path(found.submodule_search_locations[0]) / ("lrelease.exe" if sys.platform == "win32" else "lrelease")
    subprocess.run([tool, "-silent", FOLDER / f"tangnet_{language}.ts", "-qm", made], check=True)


def faults(language: str, found: dict[str, Word]) -> list[str]:
    """Return what is wrong with the file of `language`, a sentence each."""
    had = read(language)
    told: list[str] = [f"{language}: not in the code any more: {source!r}" for source in had if source not in found]
    for source, word in wanted(language, found).items():
        translation = had.get(source)
        if translation is None or not translation.finished or not all(translation.forms):
            told.append(f"{language}: not translated: {source!r} ({', '.join(word.places)})")
            continue
        if (len(translation.forms) > 1) != word.plural:
            told.append(f"{language}: needs {'two forms' if word.plural else 'one form'}: {source!r}")
        for form in translation.forms:
            told += (f"{language}: {fault}: {source!r} → {form!r}" for fault in _differences(source, form, word.plural))
    return told


def _differences(source: str, form: str, plural: bool) -> Iterator[str]:
    wants, has = sorted(_PLACE.findall(source)), sorted(_PLACE.findall(form))
    if plural:  # one may be said without its number
        wants, has = [place for place in wants if place != "%n"], [place for place in has if place != "%n"]
    if wants != has:
        yield "other places"
    if sorted(_BACKTICKED.findall(source)) != sorted(_BACKTICKED.findall(form)):
        yield "another command"
    if _mnemonics(source) != _mnemonics(form):
        yield "the key after & is missing or too much"
    if source[:1].isspace() != form[:1].isspace() or source[-1:].isspace() != form[-1:].isspace():
        yield "other spaces at its ends"
    if source.endswith("…") != form.endswith("…"):
        yield "… at one end only"


def _mnemonics(text: str) -> int:
    return text.replace("&&", "").count("&")


def main(arguments: list[str]) -> int:
    """Update or check; 0 when nothing is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; fail where something is missing")
    checks = parser.parse_args(arguments).check
    try:
        found = words()
    except UnreadableError as error:
        print(error)
        return 1
    if not checks:
        for language in languages():
            write(language, found, read(language))
            compile_one(language, FOLDER / f"tangnet_{language}.qm")
    wrong = [fault for language in languages() for fault in faults(language, found)]
    for fault in wrong:
        print(fault)
    print(f"{len(found)} texts, {len(languages())} languages, {len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
