"""A node's figures as Prometheus reads them: text format 0.0.4. Pure. Counts and times only, nothing that was said."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from nodeworker.load.tally import Histogram, Tally
from nodeworker.protocol import node_pb2 as pb
from nodeworker.serving.heartbeat import Report

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "tangnet_node_"
Labels = Mapping[str, str]
_STATES = {
    pb.ENGINE_ABSENT: "absent",
    pb.ENGINE_IDLE: "idle",
    pb.ENGINE_LOADING: "loading",
    pb.ENGINE_READY: "ready",
    pb.ENGINE_FAILED: "failed",
}


class Page:
    """The text as it grows, family by family."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        """Everything so far."""
        return "".join(f"{line}\n" for line in self._lines)

    def family(self, kind: str, name: str, help: str, samples: Iterable[tuple[Labels, float]]) -> None:
        """Add a counter or gauge; one without samples is left out, which says "unknown"."""
        found = list(samples)
        if found:
            self._head(kind, name, help)
            self._lines += [_sample(f"{PREFIX}{name}", labels, value) for labels, value in found]

    def counter(self, name: str, help: str, value: float) -> None:
        """Add a counter without labels."""
        self.family("counter", name, help, [({}, value)])

    def gauge(self, name: str, help: str, value: float, *, known: bool = True) -> None:
        """Add a gauge without labels, if its value is known."""
        self.family("gauge", name, help, [({}, value)] if known else [])

    def histogram(self, name: str, help: str, series: Iterable[tuple[Labels, Histogram]]) -> None:
        """Add a histogram."""
        found = list(series)
        if not found:
            return
        self._head("histogram", name, help)
        for labels, histogram in found:
            below = 0
            for bound, count in zip((*histogram.bounds, math.inf), histogram.counts, strict=True):
                below += count
                self._lines.append(_sample(f"{PREFIX}{name}_bucket", {**labels, "le": number(bound)}, below))
            self._lines.append(_sample(f"{PREFIX}{name}_sum", labels, histogram.sum))
            self._lines.append(_sample(f"{PREFIX}{name}_count", labels, below))

    def _head(self, kind: str, name: str, help: str) -> None:
        escaped = help.replace("\\", r"\\").replace("\n", r"\n")
        self._lines += [f"# HELP {PREFIX}{name} {escaped}", f"# TYPE {PREFIX}{name} {kind}"]


def page(about: Labels, tally: Tally, report: Report) -> str:
    """Return the whole text for one node."""
    made = Page()
    made.family("gauge", "info", "The node; always 1.", [(about, 1)])
    made.gauge("start_time_seconds", "When it started, in seconds since 1970.", tally.started_at)
    _work(made, tally, report)
    _cache(made, report.status)
    _machine(made, report)
    return made.text


def _work(made: Page, tally: Tally, report: Report) -> None:
    status = report.status
    made.family(
        "counter",
        "requests_total",
        "Calls on engines that have ended, by role and outcome.",
        [({"role": role, "outcome": outcome}, count) for (role, outcome), count in sorted(tally.calls.items())],
    )
    for name, help, place in (
        ("requests_active", "Calls that use an engine now.", 0),
        ("requests_queued", "Calls that wait for an engine.", 1),
    ):
        made.family("gauge", name, help, [({"role": role}, waits[place]) for role, waits in report.waits.items()])
    made.gauge("slots", "Answers made at the same time.", status.slots)
    made.counter("prompt_tokens_total", "Tokens of prompts, read or found in the cache.", tally.prompt_tokens)
    made.counter("cached_tokens_total", "Tokens of prompts that were found in the cache.", tally.cached_tokens)
    made.counter("completion_tokens_total", "Tokens written.", tally.completion_tokens)
    made.counter("drafted_tokens_total", "Tokens drafted by looking ahead.", tally.drafted_tokens)
    made.counter("accepted_tokens_total", "Drafted tokens that were right.", tally.accepted_tokens)
    made.histogram(
        "request_seconds",
        "From a call until its end.",
        [({"role": role}, histogram) for role, histogram in sorted(tally.call_seconds.items())],
    )
    made.histogram("queue_seconds", "From asking for an answer until an engine took it up.", [({}, tally.queue)])
    made.histogram("first_token_seconds", "From asking for an answer until its first token.", [({}, tally.first_token)])
    made.histogram(
        "token_interval_seconds",
        "From one token of an answer to the next; 0 for those that came together.",
        [({}, tally.interval)],
    )
    made.family(
        "counter",
        "engine_restarts_total",
        "Engine processes that were lost.",
        [({"role": role}, lost) for role, lost in report.restarts.items()],
    )
    made.family(
        "gauge",
        "engine_state",
        "1 for the state that the engine of a role is in.",
        [
            ({"role": pb.Role.Name(engine.role).removeprefix("ROLE_").lower(), "state": name}, engine.state == state)
            for engine in status.engines
            for state, name in _STATES.items()
        ],
    )
    made.gauge("draining", "1 while the node takes no new work because it is going away.", status.draining)
    made.gauge("predicted_wait_seconds", "Until an answer asked for now would begin.", status.predicted_wait_ms / 1000)
    for name, help, rate in (
        ("decode_tokens_per_second", "Measured rate of writing, all answers together.", status.decode_rate),
        ("prefill_tokens_per_second", "Measured rate of reading prompts.", status.prefill_rate),
    ):
        made.gauge(name, help, rate, known=rate > 0)


def _cache(made: Page, status: pb.Status) -> None:
    known = status.kv_cells > 0
    made.gauge("kv_cells", "Tokens that the cache holds at most.", status.kv_cells, known=known)
    made.gauge(
        "kv_cells_free", "Tokens it could take up without forgetting a prefix.", status.free_kv_cells, known=known
    )
    made.gauge("cached_prefix_blocks", "Blocks of prompts it keeps.", len(status.cached_prefixes), known=known)


def _machine(made: Page, report: Report) -> None:
    status, load = report.status, report.load
    known = load.memory_total_bytes > 0
    made.gauge(
        "memory_resident_bytes",
        "Resident memory of the node and its engine processes.",
        load.memory_used_bytes,
        known=known,
    )
    made.gauge("memory_total_bytes", "Memory of the machine.", load.memory_total_bytes, known=known)
    made.gauge("cpu_ratio", "Share of the machine's processors in use, 0 to 1.", load.cpu_percent / 100, known=known)
    made.gauge(
        "own_cpu_ratio",
        "Share of them that the node and its engine processes use.",
        load.own_cpu_percent / 100,
        known=known,
    )
    made.gauge(
        "temperature_celsius", "Hottest part of the processor.", load.temperature_c, known=load.temperature_c != 0
    )
    made.gauge("cpu_frequency_hertz", "Average of the processors.", load.frequency_hz, known=load.frequency_hz > 0)
    made.gauge("throttled", "1 while the machine is slowed down by heat or its supply.", status.throttled, known=known)
    made.gauge(
        "under_voltage", "1 when the supply of a Raspberry Pi is or was too weak.", status.under_voltage, known=known
    )
    made.family(
        "gauge",
        "power_watts",
        "Power taken, by the meter that is named.",
        [({"source": load.power.source}, load.power.watts)] if load.power.watts > 0 else [],
    )


def number(value: float) -> str:
    """Write a value as the format wants it."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if math.isnan(value):
        return "NaN"
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _sample(name: str, labels: Labels, value: float) -> str:
    written = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{written}}} {number(value)}" if written else f"{name} {number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
