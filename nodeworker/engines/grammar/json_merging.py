"""Joins JSON schemas that must hold together (`allOf`), and knows which keywords cannot be followed."""

from __future__ import annotations

from typing import Any

from nodeworker.errors import BadRequest

Schema = dict[str, Any]

UNSUPPORTED = (
    "not",
    "if",
    "then",
    "else",
    "patternProperties",
    "propertyNames",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "contains",
    "minContains",
    "maxContains",
    "multipleOf",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$dynamicRef",
    "$recursiveRef",
)
_NOTES = ("title", "description", "default", "examples", "$schema", "$id", "$comment", "$defs", "definitions")
_LARGER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_SMALLER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def refuse_unsupported(schema: Schema) -> None:
    """Raise BadRequest for a keyword that restricts and that no grammar follows here."""
    for name in UNSUPPORTED:
        if schema.get(name, False) is not False:
            raise BadRequest(f"{name!r} in the JSON schema is not supported.", "Leave it out and check the answer.")


def merge(first: Any, second: Any) -> Any:
    """Return a schema for what satisfies both. Raises BadRequest where that cannot be told."""
    if first is True or first == {}:
        return second
    if second is True or second == {}:
        return first
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise BadRequest("Parts of the JSON schema exclude each other.")
    result = dict(first)
    for name, value in second.items():
        result[name] = _both(name, result[name], value) if name in result else value
    for one, other in ((first, second), (second, first)):
        # Each object says which names it does not know: those may not come in from the other.
        if one.get("additionalProperties") is False and set(other.get("properties", {})) - set(
            one.get("properties", {})
        ):
            raise BadRequest("'additionalProperties' is false in one part of an 'allOf' of the JSON schema.")
    return result


def _both(name: str, old: Any, new: Any) -> Any:
    if old == new or name in _NOTES:
        return old
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (old, new))
    if name in _LARGER and numbers:
        return max(old, new)
    if name in _SMALLER and numbers:
        return min(old, new)
    if name == "properties" and isinstance(old, dict) and isinstance(new, dict):
        shared = {key: {"allOf": [old[key], new[key]]} for key in old if key in new}
        return {**old, **new, **shared}
    if name == "required" and isinstance(old, list) and isinstance(new, list):
        return [*old, *(value for value in new if value not in old)]
    if name == "items":
        return {"allOf": [old, new]}
    if name in ("type", "enum"):
        kept = [value for value in _listed(old) if value in _listed(new)]
        if name == "type" and "integer" in _listed(old) + _listed(new) and "number" in _listed(old) + _listed(new):
            kept = [*dict.fromkeys([*kept, "integer"])]
        if kept:
            return kept if name == "enum" or len(kept) > 1 else kept[0]
    raise BadRequest(f"{name[:40]!r} stands twice for one value in the JSON schema, with different contents.")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
