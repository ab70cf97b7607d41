"""Turns a JSON schema into GBNF, so that what the model writes parses as JSON and satisfies the schema.

Own code instead of llama-cpp-python's converter: that one lets line breaks into strings, writes names with a backslash
or a quote wrongly, and never returns for some patterns. A keyword that restricts and is not supported is refused, never
ignored; `oneOf` is read as `anyOf`; an object with `properties` has no others unless `additionalProperties` says so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from typing import Any

from nodeworker.engines.grammar.gbnf import MAX_CHARACTERS, MAX_REPEATS, ROOT
from nodeworker.engines.grammar.json_merging import Schema, merge, refuse_unsupported
from nodeworker.engines.grammar.json_pattern import pattern_to_gbnf
from nodeworker.errors import BadRequest

MAX_DEPTH = 40
MAX_NODES = 4_000
_MOST_DIGITS = 15
_HEX = "[0-9a-fA-F]"
_PRIMITIVES = {
    "ws": '"" | " " | "\\n" [ \\t]{0,20}',
    "char": r'[^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" ([0-9a-cA-CefEF] hex{3} | [dD] [0-7] hex{2}))',
    "hex": _HEX,
    "string": '"\\"" char* "\\""',
    "natural": f'"0" | [1-9] [0-9]{{0,{_MOST_DIGITS}}}',
    "integer": '"-"? natural',
    "number": '"-"? natural ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?',
    "boolean": '"true" | "false"',
    "null": '"null"',
    "value": "object | array | string | number | boolean | null",
    "object": '"{" ws (string ws ":" ws value ws ("," ws string ws ":" ws value ws)*)? "}"',
    "array": '"[" ws (value ws ("," ws value ws)*)? "]"',
    "date": '[1-9] [0-9]{3} "-" (("0" [13578] | "1" [02]) "-" (days | "29" | "3" [01])'
    ' | ("0" [469] | "11") "-" (days | "29" | "30") | "02-" days)',
    "days": '"0" [1-9] | "1" [0-9] | "2" [0-8]',
    "time": '([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{1,6})? '
    '("Z" | [-+] ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9])',
    "uuid": 'hex{8} "-" hex{4} "-" hex{4} "-" hex{4} "-" hex{12}',
}
_FORMATS = {"date": "date", "time": "time", "date-time": 'date "T" time', "uuid": "uuid"}
_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
}
_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_HINTS = {
    "properties": "object",
    "required": "object",
    "additionalProperties": "object",
    "items": "array",
    "prefixItems": "array",
    "minItems": "array",
    "maxItems": "array",
    "pattern": "string",
    "minLength": "string",
    "maxLength": "string",
}


def schema_to_gbnf(text: str) -> str:
    """Convert a JSON schema. Raises BadRequest with a sentence for what cannot be followed."""
    if len(text) > MAX_CHARACTERS:
        raise BadRequest(f"The JSON schema has more than {MAX_CHARACTERS // 1024} KB.")
    try:
        schema = json.loads(text, parse_constant=_no_number)
        return _Converter(schema).convert()
    except RecursionError:
        raise BadRequest("The JSON schema is nested too deep.") from None
    except ValueError as error:
        raise BadRequest(f"The JSON schema is no JSON: {error}.") from None


class _Converter:
    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._rules = dict(_PRIMITIVES)
        self._references: dict[str, str] = {}
        self._todo: list[str] = []
        self._nodes = 0

    def convert(self) -> str:
        self._rules[ROOT] = self._rule(self._schema, 0)
        while self._todo:
            pointer = self._todo.pop()
            self._rules[self._references[pointer]] = self._rule(self._found(pointer), 0)
        return "".join(f"{name} ::= {rule}\n" for name, rule in self._rules.items())

    def _named(self, rule: str) -> str:
        """A new rule's name."""
        if rule in self._rules:
            return rule
        name = f"s{len(self._rules)}"
        self._rules[name] = rule
        return name

    def _rule(self, schema: Any, depth: int) -> str:
        """What a schema allows, as alternatives."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise BadRequest("The JSON schema is too large.")
        if depth > MAX_DEPTH:
            raise BadRequest("The JSON schema is nested too deep.")
        if schema is True:
            return "value"
        if schema is False or not isinstance(schema, dict):
            raise BadRequest("A part of the JSON schema is no schema.")
        refuse_unsupported(schema)
        if "$ref" in schema and not _restricts(schema, but="$ref"):
            return self._reference(schema["$ref"])
        if "$ref" in schema or "allOf" in schema:
            return self._rule(self._one(schema, depth), depth + 1)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                rest = {name: value for name, value in schema.items() if name != key}
                choices = _sized(schema, key)
                parts = [
                    merge(rest, self._resolved(choice, depth)) if _restricts(rest) else choice for choice in choices
                ]
                return self._union(parts, depth)
        kinds = schema.get("type", _hinted(schema))
        if schema.get("nullable") is True:
            kinds = [*(kinds if isinstance(kinds, list) else [kinds]), "null"]
            schema = {name: value for name, value in schema.items() if name != "nullable"}
        if "const" in schema or "enum" in schema:
            return self._values(schema, kinds)
        if isinstance(kinds, list):
            return self._union([{**schema, "type": kind} for kind in dict.fromkeys(kinds)], depth)
        return self._typed(schema, kinds, depth)

    def _typed(self, schema: Schema, kind: Any, depth: int) -> str:
        if kind is None:
            return "value"
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind == "string":
            return self._string(schema)
        if kind in ("integer", "number"):
            return self._number(schema, kind)
        if kind in ("boolean", "null"):
            return str(kind)
        raise BadRequest(f"{str(kind)[:60]!r} is no type of a JSON schema.")

    def _union(self, schemas: Iterable[Any], depth: int) -> str:
        return " | ".join(self._named(self._rule(schema, depth + 1)) for schema in schemas)

    # -- references --------------------------------------------------------------------------------------------------

    def _reference(self, pointer: Any) -> str:
        if not isinstance(pointer, str) or not (pointer == "#" or pointer.startswith("#/")):
            raise BadRequest(f"The JSON schema refers to {str(pointer)[:80]!r}, which is not inside it.")
        if pointer not in self._references:
            self._found(pointer)
            self._references[pointer] = f"r{len(self._references)}"
            self._todo.append(pointer)
        return self._references[pointer]

    def _found(self, pointer: str) -> Any:
        place = self._schema
        for step in pointer.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(place, list) and name.isascii() and name.isdigit() and int(name) < len(place):
                place = place[int(name)]
            elif isinstance(place, dict) and name in place:
                place = place[name]
            else:
                raise BadRequest(f"The JSON schema refers to {pointer[:80]!r}, which it does not have.")
        return place

    def _resolved(self, schema: Any, depth: int) -> Any:
        """The schema itself, without a reference or `allOf` at its top."""
        if depth > MAX_DEPTH:
            raise BadRequest("The JSON schema refers to itself without end.")
        if isinstance(schema, dict) and ("$ref" in schema or "allOf" in schema):
            return self._one(schema, depth)
        return schema

    def _one(self, schema: Schema, depth: int) -> Any:
        """`$ref` and `allOf` joined with what stands beside them."""
        result: Any = {name: value for name, value in schema.items() if name not in ("$ref", "allOf")}
        parts = list(_sized(schema, "allOf")) if "allOf" in schema else []
        if "$ref" in schema:
            self._reference(schema["$ref"])
            parts.append(self._found(schema["$ref"]))
        for part in parts:
            self._nodes += 1
            if self._nodes > MAX_NODES:
                raise BadRequest("The JSON schema is too large.")
            result = merge(result, self._resolved(part, depth + 1))
        return result

    # -- kinds -------------------------------------------------------------------------------------------------------

    def _values(self, schema: Schema, kinds: Any) -> str:
        values = [schema["const"]] if "const" in schema else _sized(schema, "enum")
        known = [_TYPES[kind] for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind in _TYPES]
        fitting = [value for value in values if not known or any(fits(value) for fits in known)]
        if not fitting:
            raise BadRequest("A list of values in the JSON schema is empty.")
        return " | ".join(_literal(json.dumps(value, ensure_ascii=False)) for value in fitting)

    def _string(self, schema: Schema) -> str:
        least, most = _bounds(schema, "minLength", "maxLength")
        sized = least > 0 or most is not None
        inside = _FORMATS.get(str(schema.get("format")))
        if "pattern" in schema:
            if sized or not isinstance(schema["pattern"], str):
                raise BadRequest("A pattern cannot be combined with a length in the JSON schema.")
            inside = self._named(pattern_to_gbnf(schema["pattern"], "char*"))
        elif sized and inside is None:
            inside = f"char{{{least},{'' if most is None else most}}}"
        return "string" if inside is None else f'"\\"" {inside} "\\""'

    def _number(self, schema: Schema, kind: str) -> str:
        limits: dict[str, Any] = {name: schema[name] for name in _LIMITS if schema.get(name, False) is not False}
        if not limits:
            return kind
        if kind != "integer" or not all(_TYPES["number"](limit) and math.isfinite(limit) for limit in limits.values()):
            raise BadRequest("Limits of numbers in the JSON schema are supported for integers only.")
        furthest = 10**_MOST_DIGITS
        low = max(
            math.ceil(limits.get("minimum", -furthest)), math.floor(limits.get("exclusiveMinimum", -furthest)) + 1
        )
        high = min(math.floor(limits.get("maximum", furthest)), math.ceil(limits.get("exclusiveMaximum", furthest)) - 1)
        if low > high or max(abs(low), abs(high)) > furthest:
            raise BadRequest("No number is within the limits that the JSON schema sets.")
        parts = [f'"-" ({_between(max(1, -high), -low)})'] if low < 0 else []
        if high >= 0:
            parts.append(_between(max(0, low), high))
        return " | ".join(parts)

    def _array(self, schema: Schema, depth: int) -> str:
        least, most = _bounds(schema, "minItems", "maxItems")
        items, first = schema.get("items", True), schema.get("prefixItems", [])
        if isinstance(items, list):
            items, first = schema.get("additionalItems", True), items
        if not isinstance(first, list):
            raise BadRequest("'prefixItems' in the JSON schema is no list.")
        if items is False:
            most = len(first) if most is None else min(most, len(first))
        if most is not None and most < least:
            raise BadRequest("The most items of an array are fewer than the least in the JSON schema.")
        ahead = [self._named(self._rule(item, depth + 1)) for item in first]
        item = self._named(self._rule(items, depth + 1)) if items is not False else ""
        rest = '""'
        if item:
            left = None if most is None else max(0, most - len(ahead))
            head, comma = max(0, least - len(ahead)), '"," ws '
            rest = f"({comma}{item} ws){{{head},{'' if left is None else left}}}"
            if not ahead:
                if left == 0:
                    return '"[" ws "]"'
                more = f"({comma}{item} ws){{{max(0, head - 1)},{'' if left is None else left - 1}}}"
                body = f"{item} ws {more}"
                return f'"[" ws {body} "]"' if head else f'"[" ws ({body})? "]"'
        for at in range(len(ahead) - 1, -1, -1):
            one = ('"," ws ' if at else "") + f"{ahead[at]} ws {rest}"
            possible = most is None or at < most
            rest = self._named(one if at < least else f'{one} | ""') if possible else '""'
        return f'"[" ws {rest} "]"'

    def _object(self, schema: Schema, depth: int) -> str:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not isinstance(properties, dict) or not isinstance(required, list):
            raise BadRequest("'properties' or 'required' in the JSON schema is of the wrong kind.")
        others = schema.get("additionalProperties", not properties)
        if not properties and not required and others is True:
            return "object"
        wanted = {name: value for name, value in properties.items() if value is not False}
        for name in required:
            if not isinstance(name, str) or (name not in wanted and others is False):
                raise BadRequest(f"The JSON schema requires {str(name)[:60]!r}, which it does not allow.")
            wanted.setdefault(name, others)
        members = {}
        for name, value in wanted.items():
            inner = self._named(self._rule(value, depth + 1))
            members[name] = self._named(f'{_literal(json.dumps(name, ensure_ascii=False))} ws ":" ws {inner} ws')
        later, first = '""', '""'
        if others is not False:
            value = self._named(self._rule(others, depth + 1))
            key = self._named(_other_names(set(properties) | set(wanted)))
            other = self._named(f'"\\"" {key} "\\"" ws ":" ws {value} ws')
            later = self._named(f'("," ws {other})*')
            first = self._named(f"({other} {later})?")
        for name in reversed(members):
            here, needed = members[name], name in required
            first = self._named(f"{here} {later}" if needed else f"{here} {later} | {first}")
            later = self._named(f'"," ws {here} {later}' if needed else f'"," ws {here} {later} | {later}')
        return f'"{{" ws {first} "}}"'


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _restricts(schema: Schema, but: str = "") -> bool:
    plain = {"title", "description", "default", "examples", "$schema", "$id", "$comment", "$defs", "definitions", but}
    return any(name not in plain for name in schema)


def _hinted(schema: Schema) -> str | None:
    return next((kind for name, kind in _HINTS.items() if name in schema), None)


def _sized(schema: Schema, key: str) -> list[Any]:
    """A list that must not be empty."""
    values = schema[key]
    if not isinstance(values, list) or not values:
        raise BadRequest(f"{key!r} in the JSON schema is no list, or an empty one.")
    return values


def _bounds(schema: Schema, low: str, high: str) -> tuple[int, int | None]:
    least, most = schema.get(low, 0), schema.get(high)
    for name, value in ((low, least), (high, 0 if most is None else most)):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_REPEATS:
            raise BadRequest(f"{name!r} in the JSON schema must be from 0 to {MAX_REPEATS}.")
    if most is not None and most < least:
        raise BadRequest(f"{high!r} is less than {low!r} in the JSON schema.")
    return least, most


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _between(low: int, high: int) -> str:
    """The whole numbers from `low` to `high`, 0 or more, as alternatives."""
    parts, size = [], len(str(low))
    while low <= high:
        top = min(high, 10**size - 1)
        parts.append(_equally_long(str(low), str(top)))
        low, size = top + 1, size + 1
    return " | ".join(parts)


def _equally_long(low: str, high: str) -> str:
    if not low:
        return '""'
    if low[0] == high[0]:
        return f'"{low[0]}" {_equally_long(low[1:], high[1:])}'
    left, first, last, parts = len(low) - 1, int(low[0]), int(high[0]), []
    if low[1:].strip("0"):
        parts.append(f'"{first}" {_equally_long(low[1:], "9" * left)}')
        first += 1
    if high[1:].strip("9"):
        parts.append(f'"{last}" {_equally_long("0" * left, high[1:])}')
        last -= 1
    if first <= last:
        parts.append(f"[{first}-{last}] [0-9]{{{left}}}")
    return "(" + " | ".join(parts) + ")"


def _other_names(names: set[str]) -> str:
    """Names that are none of these, without escapes."""
    if not names:
        return "char*"
    tree: dict[str, Any] = {}
    for name in names:
        place = tree
        for char in name:
            place = place.setdefault(char, {})
        place[""] = {}
    return _not_below(tree, 0)


def _not_below(tree: dict[str, Any], depth: int) -> str:
    """What may follow a beginning that it shares with known names."""
    if depth > MAX_DEPTH:
        raise BadRequest("Names in the JSON schema are too long to allow others beside them.")
    known = "".join(f"\\U{ord(char):08x}" for char in tree if char)
    plain = r'"\\\x00-\x1f'
    parts = [f"[^{plain}{known}] [^{plain}]*"]
    parts += [f"{_literal(char)} ({_not_below(below, depth + 1)})" for char, below in tree.items() if char]
    if "" not in tree:
        parts.append('""')
    return " | ".join(parts)
