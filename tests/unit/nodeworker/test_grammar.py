"""Grammars: what may be written, what is refused with a sentence, and that nothing hangs."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy
import pytest

from nodeworker.engines import Sampling
from nodeworker.engines.grammar.automaton import DEAD, Automaton
from nodeworker.engines.grammar.gbnf import complement, read_gbnf, utf8_sequences
from nodeworker.engines.grammar.grammar import GrammarConstraint, TokenTree, constraint, prepare
from nodeworker.engines.grammar.json_schema import schema_to_gbnf
from nodeworker.engines.llama.picking import Picker
from nodeworker.errors import BadRequest
from tests.unit.nodeworker.grammars import Pieces, accepts

# -- GBNF -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grammar", "good", "bad"),
    [
        ('root ::= "a" | "bc"', ["a", "bc"], ["", "b", "abc", "c"]),
        ('root ::= "a"{2,3} [x-z]?', ["aa", "aaa", "aax", "aaaz"], ["a", "aaaa", "aaxy"]),
        ('root ::= ("ab" | "c")+ "!"*', ["ab", "cab", "abc!!"], ["", "a", "!"]),
        ("root ::= word (sep word)*\nword ::= [a-z]+\nsep ::= [ ,]", ["a", "a b,cd"], ["a  b", "A"]),
        ('root ::= "(" root ")" | ""', ["", "()", "((()))"], ["(", "())"]),
        ('root ::= "a" # a comment "b"\n   # another\n', ["a"], ["ab"]),
        ('root ::= (\n "a"\n | "b" )\n', ["a", "b"], ["ab"]),
        ('root ::= "\\"\\\\\\n\\x41\\u00e9\\U0001F600"', ['"\\\nAé😀'], ["A"]),
        ("root ::= [^a-z]{2}", ["A1", "é日", "\x00\x7f"], ["aB", "A", "ABC"]),
        ("root ::= [à-ÿ日😀-😂]", ["à", "é", "ÿ", "日", "😀", "😁", "😂"], ["a", "Ā", "😃", "本"]),
        ("root ::= [a-]", ["a", "-"], ["b"]),
        ("root ::= ..", ["ab", "日😀"], ["a"]),
        ('root ::= ("a"? "b"?)* "c"', ["c", "abbac"], ["ab"]),
        ('root ::= x "c"\nx ::= y | "a"\ny ::= x | "b"', ["ac", "bc"], ["c"]),
        ('root ::= ""', [""], ["a"]),
        ('root ::= "a"{0}', [""], ["a"]),
        ('root ::= "é"*', ["", "éé"], ["e"]),
    ],
)
def test_what_follows_a_grammar(grammar: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not accepts(grammar, text)] == []
    assert [text for text in bad if accepts(grammar, text)] == []


@pytest.mark.parametrize(
    "grammar",
    [
        "",
        "root",
        "root ::=\nroot:",
        'start ::= "a"',
        "root ::= missing",
        'root ::= "a',
        "root ::= [a",
        "root ::= []",
        "root ::= [z-a]",
        'root ::= ("a"',
        'root ::= "a")',
        'root ::= "\\q"',
        'root ::= "\\ud800"',
        'root ::= "\\U00110000"',
        'root ::= "\ud800"',
        "root ::= *",
        'root ::= ""+',
        'root ::= "a"{3,2}',
        'root ::= "a"{x}',
        'root ::= "a"{1',
        'root ::= "a"{99999999999999999999}',
        "root ::= <think>",
        'root ::= "a" }',
        "ro_ot ::= x",
        "\x00",
    ],
)
def test_what_is_no_grammar(grammar: str) -> None:
    with pytest.raises(BadRequest):
        read_gbnf(grammar)


@pytest.mark.parametrize(
    "grammar",
    [
        'root ::= root "a" | "b"',
        'root ::= x\nx ::= y "a"\ny ::= x | "b"',
        'root ::= empty root "a" | "b"\nempty ::= none\nnone ::= ""',
        'root ::= ("a"? root "b")+',
        'root ::= x* root "b" | "c"\nx ::= "a"?',
    ],
)
def test_left_recursion_is_refused(grammar: str) -> None:
    with pytest.raises(BadRequest, match="left-recursive"):
        Automaton(read_gbnf(grammar))


def chain(rules: int, form: str) -> str:
    middle = "\n".join(f"a{at} ::= " + form.format(next=f"a{at + 1}") for at in range(rules))
    return f'root ::= a0 "z"\n{middle}\na{rules} ::= "x"'


@pytest.mark.parametrize(
    "grammar",
    [
        "root ::= " + "(" * 5_000 + '"a"' + ")" * 5_000,
        'root ::= "a"{1000000}',
        'root ::= ("a"{2000}){2000} ' * 40,
        "root ::= " + '"a"{2000} ' * 40,
        "root ::= " + "a" * 600_000,
        chain(40, '{next} "x" | {next} "y"'),
        chain(40, "{next} {next} | {next}"),
        'root ::= "a" root "b" | "a" root "c"',
        'root ::= ("a" | "a" "a" | "a"{3}) root "b" | "a" root "c"',
    ],
    ids=range(9),
)
def test_hostile_grammars_end_in_a_sentence(grammar: str) -> None:
    with pytest.raises(BadRequest):
        guide = GrammarConstraint(TokenTree(Pieces()), Automaton(read_gbnf(grammar)))
        for _ in range(60):
            guide.allowed()
            guide.accept(ord("a"))


def test_long_chains_and_deep_nesting_are_fine() -> None:
    assert accepts(chain(3_000, "{next} | {next}"), "xz")
    assert accepts('root ::= "(" root ")" | ""', "(" * 3_000 + ")" * 3_000)
    assert accepts('root ::= (("a"{1000}){1000}){1000} | "b"', "b")


def test_tables_that_are_full_are_begun_anew() -> None:
    grammar = 'root ::= "(" root ")" | ""'
    automaton = Automaton(read_gbnf(grammar))
    state, generation = automaton.start, automaton.generation
    for byte in b"(" * 8_300 + b")" * 8_300:
        state = automaton.begin_token(automaton.step(state, byte))
        assert state != DEAD
    assert automaton.generation > generation
    assert automaton.may_end(state) and automaton.step(state, ord(")")) == DEAD


def test_characters_become_their_utf8_forms_and_no_others() -> None:
    wanted = [(0x41, 0x41), (0x7E, 0x82), (0x7FE, 0x801), (0xD7FF, 0xD7FF), (0xE000, 0xE001), (0xFFFF, 0x10001)]
    forms = utf8_sequences(wanted)
    for code in [*range(0x3000), *range(0xD7F0, 0xD800), *range(0xE000, 0xE010), *range(0xFFF0, 0x10010), 0x10FFFF]:
        encoded = chr(code).encode()
        matches = [
            form
            for form in forms
            if len(form) == len(encoded) and all(f >> b & 1 for f, b in zip(form, encoded, strict=True))
        ]
        assert len(matches) == any(low <= code <= high for low, high in wanted), hex(code)
    assert complement(complement(wanted)) == wanted


# -- tokens -----------------------------------------------------------------------------------------------------------


def test_all_tokens_at_once_are_the_tokens_one_by_one() -> None:
    words: list[str | bytes] = [
        "true",
        "tr",
        "ue",
        "\n  ",
        '{"',
        '": ',
        "é",
        b"\xc3",
        b"\xa9",
        "日本",
        b"\xe6\x97",
        "x" * 40,
        "true",
        "}}",
    ]
    vocabulary = Pieces(*words)
    tree = prepare(vocabulary)
    assert prepare(vocabulary) is tree
    chance = random.Random(4)
    grammar = schema_to_gbnf('{"type":"object","properties":{"é":{"type":"boolean"}},"additionalProperties":true}')
    for _ in range(3):
        guide = GrammarConstraint(tree, Automaton(read_gbnf(grammar)))
        for _ in range(12):
            marks = guide.allowed()
            assert [guide.allows(token) for token in range(tree.size)] == marks.tolist()
            guide.accept(int(chance.choice([token for token in numpy.flatnonzero(marks) if token != vocabulary.end])))
            if guide.allows(vocabulary.end):
                break


def test_an_answer_ends_only_where_the_grammar_does() -> None:
    vocabulary = Pieces()
    guide = constraint(vocabulary, Sampling(grammar='root ::= "ab" "c"?'))
    assert not guide.allows(vocabulary.end)
    guide.accept(ord("a"))
    guide.accept(ord("b"))
    assert numpy.flatnonzero(guide.allowed()).tolist() == [ord("c"), vocabulary.end]
    guide.accept(ord("c"))
    assert numpy.flatnonzero(guide.allowed()).tolist() == [vocabulary.end]
    guide.accept(vocabulary.end)
    for wrong in (ord("x"), vocabulary.size, -1, vocabulary.size - 2):
        with pytest.raises(BadRequest):
            guide.accept(wrong)


def test_a_grammar_that_the_vocabulary_cannot_write() -> None:
    vocabulary = Pieces()
    for grammar in ("root ::= root2\nroot2 ::= root2",):
        guide = constraint(vocabulary, Sampling(grammar=grammar))
        with pytest.raises(BadRequest, match="cannot write"):
            guide.allowed()


def test_a_grammar_can_begin_after_the_reasoning() -> None:
    vocabulary = Pieces("</think>", "</th", "ink>7", "ink>x", "ink>\n")
    words = {vocabulary.piece(token): token for token in range(vocabulary.size)}
    guide = constraint(vocabulary, Sampling(grammar="root ::= [0-9]"), "</think>")
    for piece in (b"a", b"<", b"</th"):
        assert not guide.allows(vocabulary.end) and not guide.allowed()[vocabulary.end]
        guide.accept(words[piece])
    assert guide.allows(words[b"ink>7"]) and guide.allows(words[b"ink>\n"]) and guide.allows(words[b"a"])
    assert not guide.allows(words[b"ink>x"]) and not guide.allowed()[words[b"ink>x"]]
    guide.accept(words[b"ink>\n"])
    assert not guide.allows(words[b"a"]) and not guide.allows(vocabulary.end)
    guide.accept(words[b"3"])
    assert numpy.flatnonzero(guide.allowed()).tolist() == [vocabulary.end]


def answer(picker: Picker, rows: Any, vocabulary: Pieces, first: int = 0) -> list[int]:
    tokens = []
    for place in range(first, len(rows)):
        token, _ = picker.pick(rows[place], place)
        tokens.append(token)
        if token == vocabulary.end:
            break
    return tokens


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_picker_stays_inside_the_schema_and_goes_on_after_a_cut(temperature: float) -> None:
    vocabulary = Pieces('{"', '"}', '":', " ", "name", "true", "é", "age")
    schema = json.dumps(
        {
            "type": "object",
            "properties": {"name": {"type": "string", "maxLength": 8}, "age": {"type": "integer", "maximum": 200}},
            "required": ["name", "age"],
        }
    )
    sampling = Sampling(temperature, top_k=20, json_schema=schema)
    rows = numpy.random.default_rng(7).normal(0, 3, (200, vocabulary.size)).astype(numpy.float32)
    tokens = answer(Picker(vocabulary, sampling, 3), rows, vocabulary)
    assert tokens[-1] == vocabulary.end
    value = json.loads(b"".join(map(vocabulary.piece, tokens)))
    assert sorted(value) == ["age", "name"] and value["age"] <= 200 and len(value["name"]) <= 8
    for cut in range(1, len(tokens)):
        rest = Picker(vocabulary, sampling, 3)
        for token in tokens[:cut]:
            rest.accept(token)
        assert answer(rest, rows, vocabulary, cut) == tokens[cut:]


def test_the_first_choice_stays_when_the_grammar_allows_it() -> None:
    vocabulary = Pieces()
    scores = numpy.full(vocabulary.size, -5.0, numpy.float32)
    scores[[ord("x"), ord("7"), ord("8")]] = (9.0, 5.0, 4.0)
    free = Picker(vocabulary, Sampling(grammar="root ::= [a-z]+"), 0)
    assert free.pick(scores, 0)[0] == ord("x")
    bound = Picker(vocabulary, Sampling(grammar="root ::= [0-9]+"), 0)
    assert bound.pick(scores, 0)[0] == ord("7")
    drawn = Picker(vocabulary, Sampling(1.0, top_k=2, grammar="root ::= [0-9]+"), 0)
    assert {drawn.pick(scores, place)[0] for place in range(60)} == {ord("7"), ord("8")}
