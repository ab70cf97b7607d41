"""What the core says, in the language of the window."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ui.core_sentences import SENTENCES
from app.ui.core_words import in_language

ROOT = Path(__file__).resolve().parents[2]


def texts() -> Iterator[str]:
    """Yield all texts of the core, with {} where something is put in."""
    for path in (*(ROOT / "app").rglob("*.py"), *(ROOT / "nodeworker").rglob("*.py")):
        if "ui" not in path.relative_to(ROOT).parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
                elif isinstance(node, ast.JoinedStr):
                    yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)


def test_each_sentence_is_one_of_the_core() -> None:
    known = set(texts())
    gone = [one for one in SENTENCES if re.sub(r"\{\w+\}", "{}", one) not in known]
    assert not gone, f"The core says these no longer; mend app/ui/core_sentences.py: {gone}"
    assert len(set(SENTENCES)) == len(SENTENCES)


@pytest.mark.parametrize("template", SENTENCES)
def test_each_sentence_comes_through_whole(template: str) -> None:
    said = re.sub(r"\{(\w+)\}", "X-1", template)
    assert in_language(said) == said


def test_what_is_not_known_stays() -> None:
    assert in_language("") == ""
    assert in_language("Nobody wrote this.  Two blanks {stay}.") == "Nobody wrote this.  Two blanks {stay}."
    assert in_language("pi-3 has gone. Nobody wrote {this}.") == "pi-3 has gone. Nobody wrote {this}."
