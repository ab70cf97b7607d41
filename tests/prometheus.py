"""A strict reader of Prometheus' text format 0.0.4, for tests: what it takes, Prometheus takes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (\S+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')
_NUMBER = re.compile(r"[+-]Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
Labels = tuple[tuple[str, str], ...]


@dataclass
class Family:
    """One metric family."""

    kind: str
    help: str
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)

    def value(self, suffix: str = "", /, **labels: str) -> float:
        """The one sample with these labels."""
        return self.samples[suffix, tuple(sorted(labels.items()))]


def parse(text: str) -> dict[str, Family]:
    """Read a page; fails the test where the format is broken."""
    assert text.endswith("\n") and "\r" not in text
    families: dict[str, Family] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, _, help = line.removeprefix("# HELP ").partition(" ")
            assert re.fullmatch(_NAME, name) and name not in families, line
            assert re.fullmatch(r"(?:[^\\]|\\[\\n])*", help), line
            families[name] = Family("", help)
        elif line.startswith("# TYPE "):
            typed, _, kind = line.removeprefix("# TYPE ").partition(" ")
            assert typed == name and not families[name].samples, line
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped"), line
            assert kind != "counter" or name.endswith("_total"), line
            families[name].kind = kind
        else:
            match = _SAMPLE.fullmatch(line)
            assert match and _NUMBER.fullmatch(match[3]), line
            assert match[1].startswith(name) and families[name].kind, line
            suffix = match[1].removeprefix(name)
            assert suffix in (("_bucket", "_sum", "_count") if families[name].kind == "histogram" else ("",)), line
            labels = _labels(match[2] or "", line)
            key = (suffix, labels)
            assert key not in families[name].samples, line
            families[name].samples[key] = float(match[3].replace("Inf", "inf"))
    for name, family in families.items():
        assert family.samples, name
        if family.kind == "histogram":
            _check_histogram(name, family)
        elif family.kind == "counter":
            assert all(value >= 0 for value in family.samples.values()), name
    return families


def _labels(text: str, line: str) -> Labels:
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _LABEL.match(text, at)
        assert match and match[1] not in found, line
        found[match[1]] = re.sub(r"\\(.)", lambda one: "\n" if one[1] == "n" else one[1], match[2])
        at = match.end()
        if at < len(text):
            assert text[at] == ",", line
            at += 1
    return tuple(sorted(found.items()))


def _check_histogram(name: str, family: Family) -> None:
    series: dict[Labels, list[tuple[float, float]]] = {}
    for (suffix, labels), value in family.samples.items():
        if suffix == "_bucket":
            bound = float(dict(labels)["le"].replace("Inf", "inf"))
            series.setdefault(tuple(label for label in labels if label[0] != "le"), []).append((bound, value))
    for labels, buckets in series.items():
        assert buckets == sorted(buckets) and buckets[-1][0] == math.inf, name
        assert [count for _, count in buckets] == sorted(count for _, count in buckets), name
        assert buckets[-1][1] == family.samples["_count", labels], name
        assert ("_sum", labels) in family.samples, name
