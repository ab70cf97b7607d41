"""A fleet of nodes as a window shows them: Pis in four zones and a few rigs, and their load as time goes on."""

from __future__ import annotations

from dataclasses import replace

from app.events import ModelInfo, NodeInfo
from tests.ui.fake_runtime import LOCAL

ZONES = ("attic", "cellar", "library", "office")
MODEL = ModelInfo("qwen2.5-1.5b", "chat", "cc" * 32, 1_117_000_000, "Q4_K_M", 32768)


def fleet(pis: int = 100, rigs: int = 10) -> tuple[NodeInfo, ...]:
    """Return this machine, then `pis` and `rigs`, all ready and trusted."""
    made = [LOCAL]
    for number in range(pis + rigs):
        rig = number >= pis
        made.append(
            NodeInfo(
                f"rig-{number - pis + 1}" if rig else f"pi-{number + 1}",
                f"{number + 16:064x}"[::-1],
                f"10.0.{number // 200}.{number % 200}:7443",
                "cellar" if rig else ZONES[number % len(ZONES)],
                True,
                "ready",
                models=(MODEL,),
                slots=8 if rig else 2,
                decode_rate=150.0 if rig else 12.0,
                memory_total_bytes=64_000_000_000 if rig else 8_000_000_000,
                memory_used_bytes=3_000_000_000,
                hardware="16 cores, 64 GB" if rig else "Raspberry Pi 5, 4 cores, 8 GB",
                rights=frozenset({"use"}),
            )
        )
    return tuple(made)


def busy(nodes: tuple[NodeInfo, ...], second: int) -> tuple[NodeInfo, ...]:
    """Return `nodes` with the load of that second: each of them says something new."""
    return tuple(
        replace(
            node,
            state="busy" if (at + second) % 3 else "ready",
            active=1 if (at + second) % 3 else 0,
            queued=(at * 7 + second) % 4 // 3,
            decode_rate=node.decode_rate + (at + second) % 5 / 10,
            cpu_percent=float((at * 13 + second * 29) % 100),
            temperature_c=50.0 + (at + second) % 20,
            memory_used_bytes=node.memory_used_bytes + 1_000_000 * (second % 7),
        )
        for at, node in enumerate(nodes)
    )


def troubled(nodes: tuple[NodeInfo, ...]) -> tuple[NodeInfo, ...]:
    """Return `nodes` with one too hot, one out of reach and one going away."""
    changed = list(nodes)
    changed[6] = replace(nodes[6], throttled=True, temperature_c=84.0, under_voltage=True, labels=("shelf", "pi5"))
    changed[10] = replace(nodes[10], state="unreachable", seen_at=1.0)
    changed[14] = replace(nodes[14], state="draining")
    return tuple(changed)
