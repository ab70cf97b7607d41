"""Runs a Jinja template that nobody vouches for: no access to Python, and bounded steps, sizes and time.

Jinja's sandbox keeps a template away from the interpreter but lets it run for ever or fill the memory. Here every loop
turn, call, operator and filter is a step that is counted against a budget and a clock, and whatever can make a large
value in one step is measured before it is made. Filters and methods of text that chat templates have no use for do not
exist.
"""

from __future__ import annotations

import functools
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import BlockReference, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range

MAX_SOURCE = 512 * 1024
MAX_TEXT = 8 * 1024 * 1024
"""Characters of any one text."""
MAX_ITEMS = 100_000
"""Values in one list or mapping, inner ones included."""
_MAX_BITS = 4_096
_WIDE = re.compile(r"%[^a-zA-Z%]*(\d{4}|\*)|\{[^}]*(\d{4}|\{)")
"""A width of four digits, or one that is given beside, in a text that is formatted by `%` or by braces."""
_TURNS, _PLAIN, _SMALL = "<turns>", "<plain>", "<small>"
"""Names of filters that no template can spell."""
_TEXT_FILTERS = (
    *("capitalize", "e", "escape", "format", "indent", "lower"),
    *("replace", "string", "title", "trim", "upper"),
)
_OTHER_FILTERS = (
    *("abs", "count", "d", "default", "dictsort", "first", "float", "int", "items", "join", "last", "length", "list"),
    *(
        "map",
        "max",
        "min",
        "reject",
        "rejectattr",
        "reverse",
        "round",
        "safe",
        "select",
        "selectattr",
        "sort",
        "unique",
    ),
)
_METHODS = frozenset(
    (
        *("capitalize", "count", "endswith", "find", "index", "isalnum", "isalpha", "isdigit", "islower", "isspace"),
        *("istitle", "isupper", "join", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace"),
        *(
            "rfind",
            "rindex",
            "rpartition",
            "rsplit",
            "rstrip",
            "split",
            "splitlines",
            "startswith",
            "strip",
            "swapcase",
        ),
        *("title", "upper"),
    )
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one rendering may take."""

    seconds: float = 2.0
    steps: int = 400_000
    written: int = 4 * MAX_TEXT
    """Characters of all output together, a macro's own output included."""
    made: int = 8 * MAX_TEXT
    """Characters of all texts that are made on the way, and 8 for each value of a list."""


class TemplateTooCostly(SecurityError):
    """The template needs more steps, time or memory than any honest one."""


class _Generation(Extension):
    """`{% generation %}…{% endgeneration %}` marks text for training only; here it is its content."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Budget(threading.local):
    """What the rendering on this thread may still spend."""

    steps = 0
    written = 0
    made = 0
    until = 0.0

    def begin(self, limits: Limits) -> None:
        self.steps, self.written, self.made = limits.steps, limits.written, limits.made
        self.until = time.monotonic() + limits.seconds

    def spend(self, *, written: int = 0, made: int = 0) -> None:
        self.steps -= 1
        self.written -= written
        self.made -= made
        if min(self.steps, self.written, self.made) < 0 or time.monotonic() > self.until:
            raise TemplateTooCostly("it takes too many steps or writes too much")


class TemplateSandbox(ImmutableSandboxedEnvironment):
    """Compiles and renders with bounds. A rendering belongs to the thread that began it."""

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "**", "%"])

    def __init__(self, limits: Limits = Limits()) -> None:
        """Set up as the training frameworks do: blocks are trimmed, `tojson` leaves all characters as they are."""
        super().__init__(
            trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols], finalize=self._put
        )
        self._limits = limits
        self._budget = _Budget()
        self._longest_body = 0
        known = self.filters
        self.filters = {name: self._metered(name, known[name]) for name in (*_TEXT_FILTERS, *_OTHER_FILTERS)}
        self.filters["tojson"] = self._metered("tojson", _to_json)
        self.filters |= {_TURNS: self._turns, _PLAIN: self._plain, _SMALL: self._small}
        kept = {name: self.globals[name] for name in ("namespace", "joiner", "cycler", "dict")}
        self.globals = {**kept, "range": safe_range, "strftime_now": _now, "raise_exception": _refuse}

    def compiled(self, source: str) -> Callable[..., str]:
        """Return a function that renders the template with the given variables.

        Both raise what Jinja raises, TemplateTooCostly among it, and whatever else an odd template brings about.
        """
        if len(source) > MAX_SOURCE:
            raise TemplateTooCostly(f"it is longer than {MAX_SOURCE // 1024} KB")
        template = self.from_string(source)

        def render(**variables: Any) -> str:
            self._budget.begin(self._limits)
            pieces = []
            for piece in template.generate(**variables):
                self._budget.spend(written=len(piece))
                pieces.append(piece)
            return "".join(pieces)

        return render

    # -- what Jinja calls --------------------------------------------------------------------------------------------

    def _generate(self, source: nodes.Template, name: Any, filename: Any, defer_init: bool = False) -> str:
        """Weave the counting into the template before it is compiled."""
        bodies = source.find_all((nodes.Macro, nodes.CallBlock, nodes.Block))
        self._longest_body = max(self._longest_body, *map(_literal, bodies), 0)
        _weave(source)
        code: str = super()._generate(source, name, filename, defer_init)
        return code

    def call(self, context: Any, obj: Any, /, *arguments: Any, **named: Any) -> Any:
        """Count a call, and refuse what would make too long a text."""
        self._budget.spend(written=self._longest_body if isinstance(obj, Macro | BlockReference) else 0)
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str):
            method = getattr(obj, "__name__", "")
            if method == "replace":
                _check_replace(owner, *arguments)
            elif method == "join" and arguments:
                arguments = (self._listed(arguments[0], owner), *arguments[1:])
        return self._small(super().call(context, obj, *arguments, **named))

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Look at what `format` is given before it may run."""
        safe = super().wrap_str_format(value)
        if safe is None:
            return None
        form = value.__self__

        def formatted(*arguments: Any, **named: Any) -> str:
            self._check_format(form, [*arguments, *named.values()])
            text: str = safe(*arguments, **named)
            return text

        return formatted

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Only harmless methods of text."""
        if isinstance(obj, str) and attr not in _METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse results that would be too large."""
        self._budget.spend()
        for one, other in ((left, right), (right, left)):
            repeated = operator == "*" and isinstance(one, str | list | tuple) and isinstance(other, int)
            if repeated and len(one) * other > (MAX_TEXT if isinstance(one, str) else MAX_ITEMS):
                raise TemplateTooCostly("it repeats a value too often")
        if operator == "%" and isinstance(left, str):
            self._check_format(left, right)
        if operator in ("*", "**") and isinstance(left, int) and isinstance(right, int):
            bits = left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
            if bits > _MAX_BITS:
                raise TemplateTooCostly("it computes with large numbers")
        return self._small(super().call_binop(context, operator, left, right))

    # -- measuring ---------------------------------------------------------------------------------------------------

    def _turns(self, values: Iterable[Any], literal: int) -> Iterator[Any]:
        """Count the turns of a loop; `literal` is what its body writes by itself."""
        for value in values:
            self._budget.spend(written=literal)
            yield value

    def _put(self, value: Any) -> Any:
        """Count what is written."""
        self._budget.spend(written=len(self._plain(value)) if isinstance(value, str) else self._weighed(value))
        return value

    def _plain(self, value: Any) -> Any:
        """The value, if it is data and becomes a text of bounded size."""
        if not isinstance(value, str):
            self._weighed(value)
        return value

    def _small(self, value: Any) -> Any:
        """The value, if it is of bounded size."""
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                raise TemplateTooCostly("it makes too long a text")
            self._budget.spend(made=len(value))
        elif isinstance(value, list | tuple | Mapping):
            self._weighed(value, strict=False)
        return value

    def _weighed(self, value: Any, *, strict: bool = True) -> int:
        """Walk over all that a value holds and return about how long it is as text. `strict`: it must be data."""
        items, characters, todo = 0, 0, [value]
        while todo:
            one = todo.pop()
            items += 1
            if isinstance(one, Mapping):
                todo += [*one.keys(), *one.values()]
            elif isinstance(one, list | tuple | range) or type(one).__name__.startswith("dict_"):
                todo += one
            elif isinstance(one, str):
                characters += len(one)
            elif strict and not isinstance(one, int | float | Undefined | None):
                raise SecurityError(f"a {type(one).__name__} cannot be written")
            if items + len(todo) > MAX_ITEMS or characters > MAX_TEXT:
                raise TemplateTooCostly("it makes too large a value")
        self._budget.spend(made=8 * items)
        return characters + 8 * items

    def _listed(self, values: Any, separator: Any = "", *_: Any) -> list[Any]:
        """Values that are about to be joined."""
        found = list(values)
        self._weighed(found)
        if len(str(separator)) * len(found) > MAX_TEXT:
            raise TemplateTooCostly("it makes too long a text")
        return found

    def _check_format(self, form: str, given: Any) -> None:
        """Refuse to format with a large width, or a long text in many places."""
        places = form.count("%") + form.count("{")
        if _WIDE.search(form) or places * self._weighed(given) > MAX_TEXT:
            raise TemplateTooCostly("it formats with a large width")

    def _metered(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A filter that counts as a step and whose result is measured."""
        skipped = 1 if hasattr(function, "jinja_pass_arg") else 0  # Jinja puts its own context first
        textual = name in _TEXT_FILTERS or name == "tojson"

        @functools.wraps(function)
        def metered(*arguments: Any, **named: Any) -> Any:
            self._budget.spend()
            values = arguments[skipped:]
            if textual:
                for one in (*values, *named.values()):
                    self._plain(one)
            if name == "format":
                self._check_format(str(values[0]), [*values[1:], *named.values()])
            if name in _CHECKS:
                _CHECKS[name](*values, **named)
            elif name == "join":
                given = self._listed(values[0], *values[1:2], *([named["d"]] if "d" in named else []))
                arguments = (*arguments[:skipped], given, *values[1:])
            return self._small(function(*arguments, **named))

        return metered


def _weave(tree: nodes.Node) -> None:
    """Pass the values of loops, joined texts and new lists through the measuring filters."""
    for node in list(tree.find_all(nodes.For)):
        if node.recursive:
            raise TemplateTooCostly("it uses recursive loops")
        node.iter = _filtered(node.iter, _TURNS, nodes.Const(_literal(node)))
    for joined in list(tree.find_all(nodes.Concat)):
        joined.nodes = [_filtered(one, _PLAIN) for one in joined.nodes]
    _measure_new_values(tree)


def _measure_new_values(node: nodes.Node) -> None:
    for name, value in list(node.iter_fields()):
        if isinstance(value, nodes.Node):
            _measure_new_values(value)
            if _is_new_value(value):
                setattr(node, name, _filtered(value, _SMALL))
        elif isinstance(value, list):
            for at, one in enumerate(value):
                if isinstance(one, nodes.Node):
                    _measure_new_values(one)
                    if _is_new_value(one):
                        value[at] = _filtered(one, _SMALL)


def _is_new_value(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Tuple):
        return node.ctx == "load"  # others are targets of an assignment
    return isinstance(node, nodes.List | nodes.Dict | nodes.Concat)


def _filtered(node: Any, name: str, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(arguments), [], None, None, lineno=node.lineno)


def _literal(node: nodes.Node) -> int:
    """Characters of the texts that stand in a part of the template."""
    data = sum(len(one.data) for one in node.find_all(nodes.TemplateData))
    return data + sum(len(one.value) for one in node.find_all(nodes.Const) if isinstance(one.value, str))


def _check_replace(text: Any, old: Any = "", new: Any = "", *_: Any, **__: Any) -> None:
    text, old, new = str(text), str(old), str(new)
    found = text.count(old) if old else len(text) + 1
    if len(text) + found * len(new) > MAX_TEXT:
        raise TemplateTooCostly("it makes too long a text")


def _check_indent(text: Any, width: Any = 4, *_: Any, **__: Any) -> None:
    size = width if isinstance(width, int) else len(str(width))
    if (str(text).count("\n") + 1) * size > MAX_TEXT:
        raise TemplateTooCostly("it makes too long a text")


def _check_round(_: Any, precision: Any = 0, *__: Any, **___: Any) -> None:
    if not isinstance(precision, int) or abs(precision) > 30:
        raise TemplateTooCostly("a filter is given a large number")


_CHECKS: dict[str, Callable[..., None]] = {
    "replace": _check_replace,
    "indent": _check_indent,
    "round": _check_round,
}


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """As the training frameworks write JSON."""
    if indent is not None and (not isinstance(indent, int) or abs(indent) > 16):
        raise TemplateTooCostly("a filter is given a large number")
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _now(form: str) -> str:
    if len(form) > 100 or _WIDE.search(form):
        raise TemplateTooCostly("it formats with a large width")
    return datetime.now().strftime(form)


def _refuse(message: Any = "") -> None:
    raise ValueError(str(message)[:300])
