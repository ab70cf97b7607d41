"""An answer's text is parted the same way however it was cut, and nothing of it is lost."""

from __future__ import annotations

import itertools
import json
import random

import pytest

from nodeworker.engines.chat.sections import Parts, Sections

THINK = ("<think>", "</think>")
HERMES = ("<tool_call>", "</tool_call>")
MISTRAL = ("[TOOL_CALLS]", "")
LLAMA = ("", "")
Pair = tuple[str, str] | None
Seen = tuple[str, str, list[tuple[str, str]]]


def read(
    text: str, cuts: list[int], reasoning: Pair = THINK, tools: Pair = HERMES, *, inside: bool = False
) -> tuple[Seen, list[Parts]]:
    sections = Sections(reasoning, tools, inside_reasoning=inside, request_id="r")
    places = [0, *sorted(cuts), len(text)]
    parts = [sections.feed(text[low:high]) for low, high in itertools.pairwise(places)]
    parts.append(sections.finish())
    calls = [(call.name, call.arguments) for part in parts for call in part.calls]
    assert sections.calls == len(calls)
    return ("".join(part.text for part in parts), "".join(part.reasoning for part in parts), calls), parts


CALL = '<tool_call>\n{"name": "look", "arguments": {"at": [1, "é"]}}\n</tool_call>'
LOOK = ("look", '{"at": [1, "é"]}')
B1 = ("a", '{"b": 1}')
Case = tuple[str, Pair, bool, Seen]
REASONING: list[Case] = [
    ("", HERMES, False, ("", "", [])),
    (" plain text \n", HERMES, False, (" plain text \n", "", [])),
    ("<think>\nhm\n\n</think>\n\nyes ", HERMES, False, ("yes ", "hm", [])),
    ("\n <think>hm", HERMES, False, ("", "hm", [])),
    ("hm </think> yes", HERMES, True, ("yes", "hm", [])),
    ("hm </thin yes", HERMES, True, ("", "hm </thin yes", [])),
    ("<think></think>", HERMES, False, ("", "", [])),
    ("<think>a</think><think>b</think>c", None, False, ("c", "ab", [])),
    ("He wrote <think>so</think>.", HERMES, False, ("He wrote <think>so</think>.", "", [])),
    ("a </think> b", HERMES, False, ("a </think> b", "", [])),
    ("<thin air>", HERMES, False, ("<thin air>", "", [])),
    (CALL, HERMES, False, ("", "", [LOOK])),
    ("Let me see. \n" + CALL + "\n", HERMES, False, ("Let me see.", "", [LOOK])),
    ("<think>x</think>\n" + CALL + "\n" + CALL + " done", HERMES, False, ("done", "x", [LOOK, LOOK])),
    (CALL, None, False, (CALL, "", [])),
    ("<think>" + CALL + "</think>ok", HERMES, False, ("ok", CALL, [])),
]
CALLS: list[tuple[str, Pair, str, list[tuple[str, str]]]] = [
    ('<tool_call>{"name": "a"}', HERMES, "", [("a", "{}")]),
    ('<tool_call>{"name": "a", "arguments": "{\\"b\\": 1}"}</tool_call>', HERMES, "", [B1]),
    ('<tool_call>{"function": {"name": "a", "parameters": {}}}</tool_call>', HERMES, "", [("a", "{}")]),
    ("<tool_call> oh " + CALL + "!", HERMES, "<tool_call> oh!", [LOOK]),
    ('[TOOL_CALLS][{"name": "a", "arguments": {"b": 1}}, {"name": "c"}]', MISTRAL, "", [B1, ("c", "{}")]),
    ('Wait. [TOOL_CALLS]a[ARGS]{"b": 1}[TOOL_CALLS]c[CALL_ID]x1[ARGS]{}', MISTRAL, "Wait.", [B1, ("c", "{}")]),
    (' {"name": "a", "parameters": {"b": 1}}\n', LLAMA, "", [B1]),
]
NO_CALLS: list[tuple[str, Pair]] = [
    ("<think>a</think> <tool_call>", None),
    ("see <tool_call>no json</tool_call> end", HERMES),
    ('<tool_call>{"name": 3}</tool_call>', HERMES),
    ('<tool_call>{"name": "a", "arguments": 3}</tool_call>', HERMES),
    ('<tool_call>[{"name": "a"}, 1]</tool_call>', HERMES),
    ("<tool_call>", HERMES),
    ("a \n <tool_ca", HERMES),
    ("[TOOL_CALLS][1, 2] x", MISTRAL),
    ("[TOOL_CALLS]a[ARGS]{b}", MISTRAL),
    ("[TOOL_CALLS]", MISTRAL),
    (' {"name": "a"}', LLAMA),
    ('{"name": "a", "parameters": {}} and more', LLAMA),
    ('So: {"name": "a", "parameters": {}}', LLAMA),
    ("{" * 3_000, LLAMA),
    ("<tool_call>" + "[" * 100_000, HERMES),
]
CASES: list[tuple[str, Pair, Pair, bool, Seen]] = [
    *((text, THINK, tools, inside, wanted) for text, tools, inside, wanted in REASONING),
    *((text, None, tools, False, (left, "", calls)) for text, tools, left, calls in CALLS),
    *((text, None, tools, False, (text, "", [])) for text, tools in NO_CALLS),
]


@pytest.mark.parametrize(("text", "reasoning", "tools", "inside", "wanted"), CASES, ids=range(len(CASES)))
def test_parts_do_not_depend_on_the_cut(text: str, reasoning: Pair, tools: Pair, inside: bool, wanted: Seen) -> None:
    assert read(text, [], reasoning, tools, inside=inside)[0] == wanted
    chance = random.Random(len(text))
    single = list(range(1, len(text))) if len(text) < 500 else [1, 13]
    for cuts in [single, *([chance.sample(single, len(single) // 3) for _ in range(20)] if len(text) < 500 else [])]:
        assert read(text, cuts, reasoning, tools, inside=inside)[0] == wanted


@pytest.mark.parametrize("seed", range(20))
def test_any_text_is_parted_the_same_way_in_any_cut_and_after_a_resume(seed: int) -> None:
    chance = random.Random(seed)
    words = ["<think>", "</think>", "<tool_call>", "</tool_call>", "\n", " ", "x", "<", "é", "</", "{", '{"name": "a"}']
    tools = chance.choice([HERMES, MISTRAL, LLAMA, None])
    if tools == MISTRAL:
        words += ["[TOOL_CALLS]", "[ARGS]", '[{"name": "b"}]']
    text = "".join(chance.choices(words, k=chance.randrange(1, 14)))
    whole, _ = read(text, [], THINK, tools)
    for _ in range(10):
        cuts = [chance.randrange(len(text) + 1) for _ in range(chance.randrange(6))]
        assert read(text, cuts, THINK, tools)[0] == whole
    # Each prefix gives one and the same output, so that a resumed answer can throw away what was shown.
    for cut in range(len(text)):
        ahead = Sections(THINK, tools, request_id="r")
        by_letter = [ahead.feed(letter) for letter in text[:cut]]
        at_once = Sections(THINK, tools, request_id="r").feed(text[:cut])
        assert "".join(part.text for part in by_letter) == at_once.text
        assert "".join(part.reasoning for part in by_letter) == at_once.reasoning
        assert sum((part.calls for part in by_letter), ()) == at_once.calls
    # Nothing is lost but markers, white space beside them, and calls that were read.
    shown = whole[0] + whole[1]
    if not whole[2]:
        for letters in ("x", "é", "{"):
            assert sum(map(shown.count, letters)) == sum(map(text.count, letters))


def test_text_streams_as_soon_as_it_is_clear() -> None:
    sections = Sections(THINK, HERMES)
    assert sections.feed("Hel") == Parts("Hel")
    assert sections.feed("lo ") == Parts("lo")
    assert sections.feed("<b>") == Parts(" <b>")
    assert sections.feed("\n<tool") == Parts()
    assert sections.feed('_call>{"name":') == Parts()
    done = sections.feed('"f"}</tool_call>')
    assert (done.text, [call.name for call in done.calls]) == ("", ["f"])
    assert sections.finish() == Parts()


def test_ids_follow_from_the_request_and_the_number_of_the_call() -> None:
    def ids(request: str) -> list[str]:
        sections = Sections(None, HERMES, request_id=request)
        return [call.id for call in sections.feed(CALL * 3).calls]

    assert ids("a") == ids("a")
    assert len(set(ids("a") + ids("b"))) == 6
    assert all(len(one) == 9 and one.isalnum() and one.isascii() for one in ids("a"))


def test_arguments_are_one_json_object() -> None:
    (_, _, calls), _ = read(CALL, [])
    assert json.loads(calls[0][1]) == {"at": [1, "é"]}
