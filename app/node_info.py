"""What is known of nodes, their engines and models, and of models on their way to them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """State of one engine of a node. role: chat, embed, transcribe, rerank, ocr, speak."""

    role: str
    state: str
    """absent, idle, loading, ready, failed."""
    model: str = ""
    progress: float = 0.0
    message: str = ""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that a node has, or that could be fetched."""

    name: str
    role: str
    sha256: str
    bytes: int
    quantisation: str
    context: int
    trustworthy: bool = True
    licence: str = ""
    prefill_rate: float = 0.0
    decode_rate: float = 0.0
    parameters: int = 0
    present: bool = True
    note: str = ""
    nodes: tuple[str, ...] = ()
    tuned: bool = False
    """Its settings were chosen by measuring on the machine that has it."""
    vision: bool = False
    """A chat model that sees pictures."""


@dataclass(frozen=True, slots=True)
class WorkInfo:
    """One thing that a node does now, or that waits there; never what it is about."""

    role: str
    own: bool
    """It is this machine's."""
    who: str = ""
    """Name of the machine whose it is; "" = the node does not say."""
    seconds: float = 0.0
    """Since it came."""
    tokens: int = 0
    """Of an answer, so far."""
    waiting: bool = False
    background: bool = False


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node as the user sees it: `tangnet nodes`, the node list, the input of routing."""

    name: str
    id: str
    address: str
    zone: str
    trusted: bool
    state: str
    """ready, loading, busy, unreachable, unpaired, stopped, draining."""
    local: bool = False
    pairing: bool = False
    """The node has pairing open now."""
    models: tuple[ModelInfo, ...] = ()
    engines: tuple[EngineInfo, ...] = ()
    active: int = 0
    queued: int = 0
    slots: int = 1
    decode_rate: float = 0.0
    prefill_rate: float = 0.0
    memory_used_bytes: int = 0
    memory_total_bytes: int = 0
    cores: int = 0
    """Of its processor; 0 = it does not say."""
    cpu_percent: float = 0.0
    temperature_c: float = 0.0
    throttled: bool = False
    under_voltage: bool = False
    """Raspberry Pi: its power supply is too weak."""
    power_watts: float = 0.0
    predicted_wait_ms: float = 0.0
    """Until a new answer would begin there, as the node says; 0 = at once, or it does not say."""
    unread_tokens: int = 0
    """Of prompts that its answers, running and waiting, have still to read."""
    kv_cells: int = 0
    free_kv_cells: int = 0
    """Tokens that its cache could still take up without forgetting any."""
    latency_ms: float = field(default=0.0, compare=False)
    """Shortest way to it and back that was seen lately; 0 = not measured."""
    cached_prefixes: frozenset[int] = field(default=frozenset(), compare=False, repr=False)
    """Beginnings of conversations that it need not read again: see nodeworker/protocol/prefixes.py."""
    tokens_made: int = 0
    """Of answers since the node started; 0 also where it does not say."""
    work: tuple[WorkInfo, ...] = ()
    """What it does now, oldest first, as far as it says."""
    resting: bool = False
    """Somebody asked it to take no new work."""
    rights: frozenset[str] = frozenset()
    """What this machine may do there; empty = it did not say."""
    simulated: bool = False
    hardware: str = ""
    accelerator: str = ""
    """Name of its GPU; "" = none."""
    build: str = ""
    """What its engine was built for beside the processor, such as "CUDA"; "" = none."""
    graphics: str = ""
    """Who made its graphics processors, with or without a driver: "NVIDIA, Intel"."""
    labels: tuple[str, ...] = ()
    """Words that its owner gave it; rules about models may speak of them."""
    disk_free_bytes: int = field(default=0, compare=False)
    """Where it keeps models, as of when it was described."""
    seen_at: float = field(default=0.0, compare=False)
    """time.monotonic() of the last word from it; 0 = never."""


@dataclass(frozen=True, slots=True)
class DeploymentInfo:
    """How far one model is on one node: `tangnet models push`, the window's list of models."""

    node: str
    """Name."""
    node_id: str
    model: str
    sha256: str
    state: str
    """hashing and offering (this machine); fetching, verifying, waiting, ready, failed, removed, unreachable."""
    done: int = 0
    """Bytes that are there and verified (hashing: hashed here)."""
    total: int = 0
    bytes_per_second: float = 0.0
    message: str = ""
    """One sentence: what is waited for, or why it failed."""
    fetched: int = 0
    """Bytes that came to it over the network."""
    served: int = 0
    """Bytes that it gave to others."""
    peers: int = 0
    """Machines that it can ask for pieces now."""
    dropped: tuple[str, ...] = ()
    """Machines that sent it a wrong piece and are not asked any more."""

    @property
    def ended(self) -> bool:
        """Whether nothing more is going to happen by itself."""
        return self.state in ("ready", "failed", "removed")
