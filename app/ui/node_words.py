"""Pure: what the window says of nodes, in words."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from app.ui.numbers import number, short_day
from app.ui.phrases import megabytes, node_name
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import DeploymentInfo, NodeInfo

HOT_C = 80.0
"""A Raspberry Pi begins to slow down here, and other machines are not far from it."""
FULL = 0.95
"""Share of the memory from which on it is worth a word."""


def title(node: NodeInfo) -> str:
    """Return what a node is called where a line begins with it."""
    return tr("This machine") if node.local else node.name


def state(node: NodeInfo) -> str:
    """Return what a node does now, such as "ready" or "not reached since 14:05"."""
    if node.state == "unreachable":
        return tr("not reached since {time}", time=_clock(node.seen_at)) if node.seen_at else tr("not reached yet")
    if node.state == "unpaired" or not (node.trusted or node.local):
        if node.trusted:
            return tr("does not trust this machine any more")
        return tr("waits to be paired") if node.pairing else tr("not paired")
    known = {
        "ready": tr("ready"),
        "busy": tr("busy"),
        "loading": tr("loading its model"),
        "stopped": tr("starts when it is needed"),
        "draining": tr("finishing, takes no new work"),
    }
    return known.get(node.state, node.state)


def dot(node: NodeInfo) -> str:
    """Return the name of the colour that stands for the state."""
    if node.state == "unreachable" or (node.trusted and node.state == "unpaired"):
        return "on_error"
    if not (node.trusted or node.local) or node.state == "stopped":
        return "muted"
    if node.state == "draining" or troubles(node):
        return "on_notice"
    return "good" if node.state == "ready" else "accent"


def troubles(node: NodeInfo) -> list[str]:
    """Return what is wrong with the machine itself, in a few words each."""
    if not answers(node):
        return []
    found = []
    if node.throttled:
        found.append(
            tr("slowed by heat, {degrees} °C", degrees=number(node.temperature_c))
            if node.temperature_c
            else tr("slowed by heat")
        )
    elif node.temperature_c >= HOT_C:
        found.append(tr("hot, {degrees} °C", degrees=number(node.temperature_c)))
    if node.under_voltage:
        found.append(tr("power supply too weak"))
    if node.memory_total_bytes and node.memory_used_bytes > FULL * node.memory_total_bytes:
        found.append(tr("memory nearly full"))
    return found


def advice(node: NodeInfo) -> str:
    """Return what to do about the troubles of a node, "" if there are none."""
    if not answers(node):
        return ""
    lines = []
    if node.throttled:
        lines.append(tr("It is too hot and runs slower until it has cooled down. Look at its fan and its place."))
    elif node.temperature_c >= HOT_C:
        lines.append(tr("It is hot and will soon run slower."))
    if node.under_voltage:
        lines.append(tr("Its power supply is too weak: it runs slower and may restart. Use the maker's supply."))
    return " ".join(lines)


def answers(node: NodeInfo) -> bool:
    """Tell whether a node tells its load now."""
    return (node.trusted or node.local) and node.state in ("ready", "busy", "loading", "draining")


def usable(node: NodeInfo) -> bool:
    """Tell whether new answers can be made there now."""
    return (node.trusted or node.local) and node.state in ("ready", "busy")


def load(node: NodeInfo) -> str:
    """Return how busy a node is."""
    if not answers(node):
        return ""
    parts = []
    if node.active:
        parts.append(tr("{active} of {slots} in use", active=node.active, slots=node.slots))
    if node.queued:
        parts.append(tr("{number} waiting", number=node.queued))
    if node.decode_rate:
        parts.append(tr("{rate} tokens/s", rate=number(node.decode_rate)))
    return " · ".join(parts)


def line(node: NodeInfo) -> str:
    """Return the line under the name in the list: the state, what is wrong, the load."""
    return " · ".join(part for part in (state(node), *troubles(node), load(node)) if part)


def machine(node: NodeInfo) -> str:
    """Return memory, temperature and power as measured."""
    if not answers(node):
        return ""
    parts = []
    if node.memory_used_bytes and node.memory_total_bytes:
        parts.append(
            tr(
                "{used} of {all}",
                used=megabytes(node.memory_used_bytes),
                all=megabytes(node.memory_total_bytes),
            )
        )
    if node.cpu_percent:
        parts.append(tr("processor {share} %", share=number(node.cpu_percent)))
    if node.temperature_c:
        parts.append(f"{node.temperature_c:.0f} °C")
    if node.power_watts:
        parts.append(f"{number(node.power_watts, 1)} W")
    return " · ".join(part.replace(" ", "\u00a0") for part in parts)  # broken between figures only


def last_known(node: NodeInfo) -> str:
    """Return what a node said before it was lost, and how long ago that was; "" for one that is there."""
    if answers(node) or not node.trusted or not node.seen_at:
        return ""
    parts = [
        tr("{n} answers being made", n=node.active) if node.active else "",
        tr("{used} of {all}", used=megabytes(node.memory_used_bytes), all=megabytes(node.memory_total_bytes))
        if node.memory_used_bytes and node.memory_total_bytes
        else "",
        f"{node.temperature_c:.0f} °C" if node.temperature_c else "",
    ]
    from app.ui.cluster_tiles import age

    return " · ".join([age(node), *(part.replace(" ", "\u00a0") for part in parts if part)])


def prediction(error: float | None) -> str:
    """Return how good the predictions for a node were; "" before the first."""
    if error is None:
        return ""
    if error >= 1:
        return tr("far off lately: they are being learned")
    share = number(error * 100)
    good = error < 0.25
    return tr("off by {share} % lately: good", share=share) if good else tr("off by {share} % lately", share=share)


def may_change(node: NodeInfo) -> bool:
    """Tell whether this machine may put models on a node, as far as is known."""
    return node.trusted and not node.local and "administer" in node.rights


def coming(deployments: Sequence[DeploymentInfo]) -> float | None:
    """Return how much of the models on their way to a node is there, 0 to 1; None when none is."""
    running = [info for info in deployments if info.state in ("fetching", "verifying") and info.total]
    return sum(info.done for info in running) / sum(info.total for info in running) if running else None


def rights(words: Collection[str]) -> str:
    """Return what this machine may do on a node; "" when it does not say."""
    meanings = {
        "use": tr("ask questions"),
        "administer": tr("change models and settings"),
        "observe": tr("see its state"),
    }
    known = [meaning for word, meaning in meanings.items() if word in words]
    if not known:
        return ""
    if len(known) == 1 and "observe" in words:
        return tr("see its state only: it answers no questions of this machine")
    return tr("{most} and {last}", most=", ".join(known[:-1]), last=known[-1]) if len(known) > 1 else known[0]


def matches(node: NodeInfo, words: Sequence[str]) -> bool:
    """Tell whether all `words` (lower case) occur in what is known of a node."""
    if not words:
        return True
    models = " ".join(model.name for model in node.models)
    known = " ".join((title(node), node.address, node.zone, *node.labels, models, node.hardware, line(node)))
    text = f"{known} {node.id[:16]}".lower()
    return all(word in text for word in words)


def grouped(nodes: Sequence[NodeInfo]) -> list[tuple[str, list[NodeInfo]]]:
    """Return the nodes under headings: this machine under none, then zone by zone, then strangers."""
    zones: dict[str, list[NodeInfo]] = {}
    local: list[NodeInfo] = []
    strangers: list[NodeInfo] = []
    for node in nodes:
        if node.local:
            local.append(node)
        elif node.trusted:
            zones.setdefault(node.zone, []).append(node)
        else:
            strangers.append(node)
    groups = [("", local)] if local else []
    for zone in sorted(zones, key=lambda zone: (not zone, zone.lower())):
        groups.append((zone or tr("Other places"), zones[zone]))
    if strangers:
        groups.append((tr("Not paired"), strangers))
    return groups


def heading(name: str, nodes: Sequence[NodeInfo]) -> str:
    """Return the heading of a group: "attic · 12 nodes, 2 not reached"."""
    parts = [tr("1 node") if len(nodes) == 1 else tr("{number} nodes", number=len(nodes))]
    lost = sum(node.trusted and node.state == "unreachable" for node in nodes)
    if lost:
        parts.append(tr("not reached") if lost == len(nodes) == 1 else tr("{number} not reached", number=lost))
    return f"{name} · {', '.join(parts)}"


def summary(nodes: Sequence[NodeInfo], shown: int) -> str:
    """Return one line on all nodes; `shown` of them match what is searched for."""
    mine = [node for node in nodes if node.trusted or node.local]
    if shown < len(nodes):
        return tr("{shown} of {all} nodes match", shown=shown, all=len(nodes)) if shown else tr("No node matches.")
    ready = sum(usable(node) for node in mine)
    parts = [tr("{ready} of {all} can answer", ready=ready, all=len(mine)) if len(mine) > 1 else ""]
    lost = sum(node.state == "unreachable" for node in mine)
    if lost:
        parts.append(tr("{number} not reached", number=lost))
    waiting = sum(node.queued for node in mine)
    if waiting:
        parts.append(tr("{number} waiting", number=waiting))
    return " · ".join(part for part in parts if part)


def some(nodes: Sequence[NodeInfo], most: int = 6) -> str:
    """Return the names of nodes, the first few of many."""
    names = [node_name(node.name) for node in nodes[:most]]
    rest = len(nodes) - len(names)
    return tr("{names} and {rest} more", names=", ".join(names), rest=rest) if rest else ", ".join(names)


def facts(node: NodeInfo, error: float | None) -> list[tuple[str, str]]:
    """Return what else there is to say of a node, as (what, value); only what is known."""
    from app.ui import cluster_tiles
    from nodeworker.protocol.identity import fingerprint

    said = (
        "\n".join(cluster_tiles.work_lines(node.work)) if answers(node) else "",
        load(node),
        machine(node),
        last_known(node),
        prediction(error),
        node.zone,
        ", ".join(node.labels),
        "" if node.local else rights(node.rights),
        ", ".join(part for part in (node.hardware, node.accelerator) if part),
        "" if node.local else node.address,
        "" if node.local or not node.id else fingerprint(node.id),
        tr("simulated: no model stands behind its answers") if node.simulated else "",
    )
    return [(what, value) for what, value in zip(fact_names(), said, strict=True) if value]


def fact_names() -> tuple[str, ...]:
    """Return what facts can be told of a node, in their order."""
    return (
        *(tr("Now"), tr("Load"), tr("Machine"), tr("Last known"), tr("Predictions"), tr("Zone"), tr("Labels")),
        *(tr("We may"), tr("Hardware"), tr("Address"), tr("Key"), tr("Note")),
    )


def _clock(seen_at: float) -> str:
    """Return the time of day of a moment of time.monotonic(), with the day when it was not today."""
    at = datetime.fromtimestamp(time.time() - time.monotonic() + seen_at).astimezone()
    today = datetime.now().astimezone().date()
    return f"{at:%H:%M}" if at.date() == today else f"{short_day(at)}, {at:%H:%M}"


def standing(node: NodeInfo) -> tuple[object, ...]:
    """Return what is to be shown at once when it changes; figures are not."""
    return (
        *(node.name, node.zone, node.state, node.trusted, node.pairing, node.resting, node.rights),
        *(node.throttled, node.under_voltage, node.address, node.models),
    )


@lru_cache(maxsize=2048)
def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Return what names are sorted by, so that pi-2 comes before pi-10."""
    parts = re.split(r"(\d{1,18})", name.lower())
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts)
