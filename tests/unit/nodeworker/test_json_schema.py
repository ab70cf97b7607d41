"""JSON schemas: what may be written under them, and that none of them hangs or is followed by halves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nodeworker.engines import Sampling
from nodeworker.errors import BadRequest

pytest.importorskip("numpy")

from nodeworker.engines.grammar.grammar import constraint
from nodeworker.engines.grammar.json_schema import schema_to_gbnf
from tests.unit.nodeworker.grammars import Pieces, fits, written


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (True, ["1", '"a"', '{"a": [1, {"b": null}]}'], ["", "{", "nul"]),
        ({}, ["[]", "-1.5e+3", "false"], ["01", "+1", ".5"]),
        ({"type": "string"}, ['"é\\n\\u00e9\\""'], ['"a\nb"', '"\\x"', '"\\ud800"', "'a'"]),
        ({"type": "string", "minLength": 2, "maxLength": 3}, ['"ab"', '"日本語"', '"\\n\\n"'], ['"a"', '"abcd"']),
        ({"type": "string", "pattern": "^[A-Z]{2}\\d+$"}, ['"AB1"'], ['"A1"', '"AB"', '"AB1x"']),
        ({"type": "string", "pattern": "b+|^c$"}, ['"abb!"', '"c"'], ['"a"', '"cc"']),
        ({"pattern": '^(?:a|"\\\\)?.$'}, ['"ax"', '"\\"\\\\x"', '"y"'], ['"ayx"', '""']),
        ({"type": "string", "format": "date"}, ['"2026-01-31"', '"2026-11-30"'], ['"2026-02-30"', '"2026-1-1"']),
        ({"type": "string", "format": "date-time"}, ['"2026-01-31T23:59:00Z"'], ['"2026-01-31"']),
        ({"type": "string", "format": "uuid"}, ['"00000000-0000-4000-8000-00000000000a"'], ['"0"']),
        ({"type": "integer"}, ["0", "-12"], ["1.0", "00", "1e3"]),
        ({"type": "integer", "minimum": -17, "maximum": 1234}, ["-17", "0", "999", "1234"], ["-18", "1235", "01"]),
        ({"type": "integer", "exclusiveMinimum": 9, "exclusiveMaximum": 12}, ["10", "11"], ["9", "12", "1"]),
        ({"type": "integer", "maximum": -3}, ["-3", "-100"], ["-2", "3", "0"]),
        ({"enum": ["a\\b", 'c"d', "é\n", 3, None]}, ['"a\\\\b"', '"c\\"d"', '"é\\n"', "3", "null"], ["4", '"a\\b"']),
        ({"type": "string", "enum": ["a", 1]}, ['"a"'], ["1"]),
        ({"const": {"a": [1]}}, ['{"a": [1]}'], ["{}"]),
        (
            {"type": "array", "items": {"type": "null"}, "minItems": 1, "maxItems": 2},
            ["[null]", "[ null,null ]"],
            ["[]"],
        ),
        ({"type": "array", "maxItems": 0}, ["[]", "[ ]"], ["[1]"]),
        ({"prefixItems": [{"type": "null"}, {"type": "boolean"}], "items": False}, ["[]", "[null,true]"], ["[true]"]),
        ({"prefixItems": [{"type": "null"}], "minItems": 2}, ["[null,1]", "[null,1,{}]"], ["[null]", "[]"]),
        ({"type": ["integer", "null"]}, ["1", "null"], ['"a"']),
        ({"type": "string", "nullable": True}, ['"a"', "null"], ["1"]),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, ["null", "true"], ["1"]),
    ],
)
def test_what_satisfies_a_schema(schema: Any, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not fits(schema, text)] == []
    assert [text for text in bad if fits(schema, text)] == []


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "object"}, ["{}", '{"a": 1, "b": {}}'], ["{,}", "[]"]),
        (
            {"properties": {"a": {"type": "integer"}, "b\\": {"type": "null"}}, "required": ["b\\"]},
            ['{"a": 1, "b\\\\": null}', '{"b\\\\":null}'],
            ['{"a": 1}', '{"b\\": null}', '{"b\\\\": null, "c": 1}', '{"b\\\\": null, "a": 1}'],
        ),
        (
            {"properties": {"ab": {"type": "null"}}, "additionalProperties": {"type": "integer"}},
            ["{}", '{"ab": null, "a": 1, "abc": 2, "": 3}', '{"x":1}'],
            ['{"ab": 1}', '{"x": null}', '{"a\\u0062": 1}'],
        ),
        ({"properties": {"a": {}}, "required": ["z"], "additionalProperties": True}, ['{"z":[]}'], ["{}", '{"a":1}']),
        (
            {
                "$defs": {"node": {"properties": {"v": {"type": "integer"}, "next": {"$ref": "#/$defs/node"}}}},
                "$ref": "#/$defs/node",
            },
            ["{}", '{"v":1,"next":{"next":{"v":2}}}'],
            ['{"next": 1}'],
        ),
        (
            {
                "$defs": {"a/b": {"properties": {"x": {"type": "integer", "minimum": 1}}, "required": ["x"]}},
                "allOf": [{"$ref": "#/$defs/a~1b"}, {"properties": {"x": {"maximum": 3}, "y": {"type": "null"}}}],
            },
            ['{"x":2}', '{"x": 3, "y": null}'],
            ["{}", '{"x":0}', '{"x":4}'],
        ),
        (
            {"properties": {"t": {"const": 1}}, "oneOf": [{"required": ["t"]}, {"properties": {"u": {"const": 2}}}]},
            ['{"t": 1}', "{}", '{"u": 2}'],
            ['{"v": 1}'],
        ),
    ],
)
def test_what_satisfies_the_schema_of_an_object(schema: Any, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not fits(schema, text)] == []
    assert [text for text in bad if fits(schema, text)] == []


@pytest.mark.parametrize("seed", range(10))
def test_everything_written_is_json(seed: int) -> None:
    schema = {
        "type": "object",
        "properties": {"a\u2028'\\\"": {"type": "string"}, "b": {"type": "array", "items": {"type": "number"}}},
        "additionalProperties": {"pattern": "^[^a]{0,4}$"},
    }
    value = json.loads(written(schema_to_gbnf(json.dumps(schema)), seed))
    assert all(isinstance(value[name], list) == (name == "b") for name in value)


@pytest.mark.parametrize(
    "schema",
    [
        "no json",
        "[" * 100_000,
        "3",
        "false",
        '{"type": "strange"}',
        '{"type": "integer", "minimum": NaN}',
        '{"type": "number", "minimum": 1}',
        '{"type": "integer", "minimum": 5, "maximum": 4}',
        '{"type": "integer", "minimum": 1e300}',
        '{"type": "array", "items": {}, "minItems": 1000000000}',
        '{"type": "array", "minItems": 3, "maxItems": 2}',
        '{"type": "string", "minLength": -1}',
        '{"type": "string", "maxLength": 1000000}',
        '{"type": "string", "pattern": "^a$", "minLength": 2}',
        '{"pattern": "(?=a)"}',
        '{"pattern": "^(a{2000}){99999}$"}',
        '{"pattern": "a**"}',
        '{"pattern": "*"}',
        '{"pattern": "[z-a]"}',
        '{"pattern": "[]"}',
        '{"pattern": "a{1"}',
        '{"pattern": "\\\\b"}',
        '{"pattern": "(a$)"}',
        '{"pattern": "' + "(" * 1000 + '"}',
        '{"pattern": 3}',
        '{"$ref": "https://example.org/schema.json"}',
        '{"$ref": "#/$defs/none"}',
        '{"$ref": 3}',
        '{"allOf": [{"$ref": "#"}]}',
        '{"allOf": [{"type": "string"}, {"type": "null"}]}',
        '{"allOf": 3}',
        '{"anyOf": []}',
        '{"enum": []}',
        '{"not": {}}',
        '{"type": "array", "uniqueItems": true}',
        '{"properties": 3}',
        '{"properties": {"a": {}}, "required": ["b"]}',
        '{"enum": ["\\ud800"]}',
        json.dumps({"enum": [f"value {at}" * 20 for at in range(8_000)]}),
    ],
)
def test_schemas_that_cannot_be_followed_end_in_a_sentence(schema: str) -> None:
    with pytest.raises(BadRequest):
        constraint(Pieces(), Sampling(json_schema=schema))


def test_a_schema_as_deep_as_it_is_long_is_refused() -> None:
    schema: Any = {"type": "null"}
    for _ in range(200):
        schema = {"type": "array", "items": schema}
    with pytest.raises(BadRequest, match="deep"):
        schema_to_gbnf(json.dumps(schema))
    wide = {f"name {at}": {"type": "integer"} for at in range(5_000)}
    with pytest.raises(BadRequest, match="large"):
        schema_to_gbnf(json.dumps({"properties": wide}))
    chained: Any = {f"d{at}": {"$ref": f"#/$defs/d{at + 1}"} for at in range(1_000)} | {"d1000": {"type": "null"}}
    assert fits({"$defs": chained, "$ref": "#/$defs/d0"}, "null")
