"""Pure: what the window says of nodes, in words. No Qt."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from app.ui.phrases import megabytes, node_name
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import DeploymentInfo, NodeInfo

HOT_C = 80.0
"""A Raspberry Pi begins to slow down here, and other machines are not far from it."""
FULL = 0.95
"""Share of the memory from which on it is worth a word."""
ELSEWHERE = "Other places"
STRANGERS = "Not paired"
_STATES = {
    "ready": "ready",
    "busy": "busy",
    "loading": "loading its model",
    "stopped": "starts when it is needed",
    "draining": "finishing, takes no new work",
}
_RIGHTS = {"use": "ask questions", "administer": "change models and settings", "observe": "see its state"}


def title(node: NodeInfo) -> str:
    """Return what a node is called where a line begins with it."""
    return "This machine" if node.local else node.name


def state(node: NodeInfo) -> str:
    """Return what a node does now, such as "ready" or "not reached since 14:05"."""
    if node.state == "unreachable":
        return f"not reached since {_clock(node.seen_at)}" if node.seen_at else "not reached yet"
    if node.state == "unpaired" or not (node.trusted or node.local):
        if node.trusted:
            return "does not trust this machine any more"
        return "waits to be paired" if node.pairing else "not paired"
    return _STATES.get(node.state, node.state)


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
        found.append(f"slowed by heat, {node.temperature_c:.0f} °C" if node.temperature_c else "slowed by heat")
    elif node.temperature_c >= HOT_C:
        found.append(f"hot, {node.temperature_c:.0f} °C")
    if node.under_voltage:
        found.append("power supply too weak")
    if node.memory_total_bytes and node.memory_used_bytes > FULL * node.memory_total_bytes:
        found.append("memory nearly full")
    return found


def advice(node: NodeInfo) -> str:
    """Return what to do about the troubles of a node, "" if there are none."""
    if not answers(node):
        return ""
    lines = []
    if node.throttled:
        lines.append("It is too hot and runs slower until it has cooled down. Look at its fan and its place.")
    elif node.temperature_c >= HOT_C:
        lines.append("It is hot and will soon run slower.")
    if node.under_voltage:
        lines.append("Its power supply is too weak: it runs slower and may restart. Use the maker's supply.")
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
        parts.append(f"{node.active} of {node.slots} in use")
    if node.queued:
        parts.append(f"{node.queued} waiting")
    if node.decode_rate:
        parts.append(f"{node.decode_rate:.0f} tokens/s")
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
        parts.append(f"{megabytes(node.memory_used_bytes)} of {megabytes(node.memory_total_bytes)}")
    if node.cpu_percent:
        parts.append(f"processor {node.cpu_percent:.0f} %")
    if node.temperature_c:
        parts.append(f"{node.temperature_c:.0f} °C")
    if node.power_watts:
        parts.append(f"{node.power_watts:.1f} W")
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
    off = f"off by {error * 100:.0f} % lately"
    return f"{off}: good" if error < 0.25 else off if error < 1 else "far off lately: they are being learned"


def may_change(node: NodeInfo) -> bool:
    """Tell whether this machine may put models on a node, as far as is known."""
    return node.trusted and not node.local and "administer" in node.rights


def coming(deployments: Sequence[DeploymentInfo]) -> float | None:
    """Return how much of the models on their way to a node is there, 0 to 1; None when none is."""
    running = [info for info in deployments if info.state in ("fetching", "verifying") and info.total]
    return sum(info.done for info in running) / sum(info.total for info in running) if running else None


def rights(words: Collection[str]) -> str:
    """Return what this machine may do on a node; "" when it does not say."""
    known = [meaning for word, meaning in _RIGHTS.items() if word in words]
    if not known:
        return ""
    if len(known) == 1 and "observe" in words:
        return "see its state only: it answers no questions of this machine"
    return " and ".join((", ".join(known[:-1]), known[-1])) if len(known) > 1 else known[0]


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
        groups.append((zone or ELSEWHERE, zones[zone]))
    if strangers:
        groups.append((STRANGERS, strangers))
    return groups


def heading(name: str, nodes: Sequence[NodeInfo]) -> str:
    """Return the heading of a group: "attic · 12 nodes, 2 not reached"."""
    parts = ["1 node" if len(nodes) == 1 else f"{len(nodes)} nodes"]
    lost = sum(node.trusted and node.state == "unreachable" for node in nodes)
    if lost:
        parts.append("not reached" if lost == len(nodes) == 1 else f"{lost} not reached")
    return f"{name} · {', '.join(parts)}"


def summary(nodes: Sequence[NodeInfo], shown: int) -> str:
    """Return one line on all nodes; `shown` of them match what is searched for."""
    mine = [node for node in nodes if node.trusted or node.local]
    if shown < len(nodes):
        return f"{shown} of {len(nodes)} nodes match" if shown else "No node matches."
    ready = sum(usable(node) for node in mine)
    parts = [f"{ready} of {len(mine)} can answer" if len(mine) > 1 else ""]
    lost = sum(node.state == "unreachable" for node in mine)
    if lost:
        parts.append(f"{lost} not reached")
    waiting = sum(node.queued for node in mine)
    if waiting:
        parts.append(f"{waiting} waiting")
    return " · ".join(part for part in parts if part)


def some(nodes: Sequence[NodeInfo], most: int = 6) -> str:
    """Return the names of nodes, the first few of many."""
    names = [node_name(node.name) for node in nodes[:most]]
    rest = len(nodes) - len(names)
    return f"{', '.join(names)} and {rest} more" if rest else ", ".join(names)


def facts(node: NodeInfo, error: float | None) -> list[tuple[str, str]]:
    """Return what else there is to say of a node, as (what, value); only what is known."""
    from app.ui import cluster_tiles
    from nodeworker.protocol.identity import fingerprint

    said = [
        ("Now", "\n".join(cluster_tiles.work_lines(node.work)) if answers(node) else ""),
        ("Load", load(node)),
        ("Machine", machine(node)),
        ("Last known", last_known(node)),
        ("Predictions", prediction(error)),
        ("Zone", node.zone),
        ("Labels", ", ".join(node.labels)),
        ("We may", "" if node.local else rights(node.rights)),
        ("Hardware", ", ".join(part for part in (node.hardware, node.accelerator) if part)),
        ("Address", "" if node.local else node.address),
        ("Key", "" if node.local or not node.id else fingerprint(node.id)),
    ]
    if node.simulated:
        said.append(("Note", "simulated: no model stands behind its answers"))
    return [(what, value) for what, value in said if value]


def _clock(seen_at: float) -> str:
    """Return the time of day of a moment of time.monotonic(), with the day when it was not today."""
    at = datetime.fromtimestamp(time.time() - time.monotonic() + seen_at).astimezone()
    today = datetime.now().astimezone().date()
    return f"{at:%H:%M}" if at.date() == today else f"{at.day} {at:%b}, {at:%H:%M}"


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
