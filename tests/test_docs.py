"""README and docs are true: commands parse with the real parsers, links lead somewhere, settings and models exist."""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.commands.arguments import command_names, parser, with_command
from app.settings import Settings
from nodeworker.__main__ import _parser as node_parser
from nodeworker.models.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def shell_lines(page: Path) -> Iterator[list[str]]:
    """Words of every command in the page's ```sh blocks; lines may go on after a backslash."""
    for block in re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                yield words


COMMANDS = [
    pytest.param(words, id=f"{page.relative_to(ROOT)}: {' '.join(words)}")
    for page in PAGES
    for words in shell_lines(page)
]


def program(words: list[str]) -> tuple[str, list[str]]:
    """("tangnet", "tangnet-node", "test" or "", its arguments) of a command, however it is started."""
    while words and (re.fullmatch(r"[A-Z_]+=.*", words[0]) or words[0] in ("sudo", "env")):
        words = words[1:]
    name = Path(words[0]).name
    rest = words[1:]
    if name == "python3" and rest[:1] == ["tangnet.py"]:
        rest = [word for word in rest[1:] if word != "--gpu"]
        way = {"node": "tangnet-node", "test": "test"}.get(rest[0] if rest else "", "tangnet")
        return way, rest if way == "tangnet" else rest[1:]
    return (name, rest) if name in ("tangnet", "tangnet-node") else ("", words)


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_in_the_docs_is_one_that_the_program_takes(words: list[str]) -> None:
    name, arguments = program(words)
    for separator in ("|", ">", "&"):
        arguments = arguments[: arguments.index(separator)] if separator in arguments else arguments
    try:
        if name == "tangnet":
            top = parser()
            top.parse_args(with_command(arguments, command_names(top)))
        elif name == "tangnet-node":
            node_parser().parse_args(arguments)
        else:
            _exists(arguments)
    except SystemExit as end:
        assert end.code in (0, None), f"{' '.join(words)}: refused"
    except argparse.ArgumentError as error:
        pytest.fail(f"{' '.join(words)}: {error}")


def _exists(arguments: list[str]) -> None:
    """For other programs: files of this project and modules named in the command are there."""
    for before, word in zip(["", *arguments], arguments, strict=False):
        if before == "-m" and word not in ("bench", "chaos", "models"):
            assert importlib.util.find_spec(word) is not None, word
        elif word.startswith(("tests/", "app/", "nodeworker/", "packaging/", "docs/")):
            assert (ROOT / word.split("::")[0]).exists(), word


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) > 15


def test_named_models_are_in_the_catalogue() -> None:
    known = {entry.name for entry in CATALOGUE}
    for page in PAGES:
        for words in shell_lines(page):
            name, arguments = program(words)
            if name in ("tangnet", "tangnet-node") and arguments[:2] == ["models", "add"]:
                source = arguments[2]
                assert source in known or "/" in source or source.endswith(".gguf"), f"{page.name}: {source}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            continue
        assert (page.parent / target.split("#")[0]).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_every_page_is_linked_from_the_readme_or_another() -> None:
    linked = set()
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s#]+)", page.read_text(encoding="utf-8")):
            linked.add((page.parent / target).resolve())
    records = ROOT / "docs" / "decisions"
    alone = [page for page in PAGES if page.resolve() not in linked and records not in page.parents]
    assert [str(page.relative_to(ROOT)) for page in alone] == ["README.md"]


def test_settings_named_in_the_docs_exist() -> None:
    known = {name for name, *_ in Settings.describe()}
    sections = "|".join(sorted({name.split(".")[0] for name in known}))
    for page in PAGES:
        for name in re.findall(rf"`((?:{sections})\.[a-z_]+)`", page.read_text(encoding="utf-8")):
            if name.split(".")[1] not in ("db", "ini", "md", "png", "py", "toml"):
                assert name in known, f"{page.relative_to(ROOT)}: {name}"


def test_the_table_of_settings_is_complete() -> None:
    """docs/settings.md holds each setting as it is declared."""
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for name, kind, default, sentence in Settings.describe():
        shown = {"True": "true", "False": "false"}.get(str(default), f'"{default}"' if kind == "str" else str(default))
        row = f"| `{name}` | {kind} | `{shown}` | {sentence} |"
        assert row in text, f"docs/settings.md lacks: {row}"
