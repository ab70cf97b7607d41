"""`tangnet doctor`: is everything there that the program needs, and what to do if not."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.context import Context
from app.commands.output import counted, size
from app.errors import TangnetError
from app.events import ModelInfo
from app.runtime import Runtime

if TYPE_CHECKING:
    from nodeworker.protocol.inspection import Problem

ROLES = {"chat": "smollm2-135m", "embed": "minilm-l6-v2-int8", "transcribe": "whisper-tiny.en", "ocr": "pp-ocrv6"}
LEAST_DISK = 2_000_000_000
DISCOVERY_SECONDS = 1.5
CHECK_SECONDS = 30.0


@dataclass(frozen=True)
class Finding:
    """What one check says. `hint` is what to do when it is not ok."""

    check: str
    ok: bool
    message: str
    hint: str = ""


async def run(context: Context) -> int:
    """Run all checks and print each; the exit status is 0 however they come out."""
    checks: dict[str, Callable[[Runtime], Awaitable[Finding]]] = {
        "audio": _audio,
        "models": _models,
        "acceleration": _acceleration,
        "disk": _disk,
        "index": _index,
        "nodes": _nodes,
        "clock": _clock,
        "permissions": _permissions,
        "trust": _trust,
        "network": _network,
    }
    async with context.runtime() as runtime:
        for name, check in checks.items():
            context.output.progress(f"Checking {name}")
            finding = await _held(name, check, runtime)
            if context.output.json:
                context.output.line(finding)
            else:
                mark = "ok  " if finding.ok else "FAIL"
                context.output.text(f"{mark} {finding.check}: {finding.message}")
                if finding.hint and not finding.ok:
                    context.output.text(f"     {finding.hint}")
    return 0


async def _held(name: str, check: Callable[[Runtime], Awaitable[Finding]], runtime: Runtime) -> Finding:
    """Run one check; neither its failure nor its hanging keeps the others back."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check(runtime)
    except TangnetError as error:
        return Finding(name, False, error.message, error.hint or "Look into the logs folder.")
    except (OSError, ImportError) as error:
        return Finding(name, False, f"{error}.", "`python3 tangnet.py` sets everything up again.")
    except TimeoutError:
        return Finding(
            name, False, f"No answer within {CHECK_SECONDS:.0f} s.", "Start again; look into the logs folder."
        )


async def _network(runtime: Runtime) -> Finding:
    sent = await asyncio.to_thread(runtime.outside.look)
    if not sent.bytes and not sent.connections:
        return Finding("network", True, f"Nothing was sent outside your network since {sent.since[:10]}.")
    much = f"{sent.bytes} bytes, " if sent.counts_bytes else ""
    return Finding(
        "network", False,
        f"Outside your network since {sent.since[:10]}: {much}{sent.connections} connections, last to {sent.last}.",
        "Downloads that you ask for count. Nothing else should: please report it.",
    )  # fmt: skip


async def _audio(_: Runtime) -> Finding:
    from app.voice.portaudio import devices

    names = await asyncio.to_thread(devices)
    if not names:
        return Finding("audio", False, "There is no microphone.", "Connect one; without it questions can be typed.")
    return Finding("audio", True, f"Microphones: {', '.join(names)}.")


async def _models(runtime: Runtime) -> Finding:
    models = await runtime.cluster.models()
    wanted = [role for role in ROLES if role != "ocr" or runtime.settings.documents_ocr]
    missing = [role for role in wanted if not any(model.role == role and model.present for model in models)]
    if missing == ["ocr"]:
        hint = "`tangnet models add pp-ocrv6`, and install Tangnet with [ocr]; or set documents.ocr to false."
        return Finding("models", False, "Scans cannot be read: there is no model for it.", hint)
    if missing:
        commands = ", ".join(f"`tangnet models add {ROLES[role]}`" for role in missing)
        return Finding("models", False, f"No model for: {', '.join(missing)}.", f"{commands}")
    if not any(model.role == "chat" and model.trustworthy for model in models):
        return Finding(
            "models",
            True,
            "All are there, but the chat model is too weak to be trusted: `tangnet models add qwen2.5-coder-1.5b`.",
        )
    return Finding("models", True, f"{', '.join(model.name for model in models)}.")


async def _acceleration(runtime: Runtime) -> Finding:
    """What models are computed with here, what could be, and whether the settings fit the machine."""
    models = await runtime.cluster.models()  # waits for this machine's node, which then has said what it has
    node = next((node for node in runtime.cluster.nodes() if node.local), None)
    if node is None:
        return Finding("acceleration", False, "This machine's node is not known.", "Look into the logs folder.")
    message, hint = acceleration(node.build, node.accelerator, node.graphics)
    own = [model for model in models if model.role == "chat" and model.present and "local" in model.nodes]
    told = [f"{model.name}: {_measured(model)}." for model in own]
    if own and not any(model.tuned for model in own):
        told.append("`tangnet bench node --tune` finds the best settings.")
    return Finding("acceleration", not hint, " ".join([message, *told]), hint)


def acceleration(build: str, card: str, graphics: str) -> tuple[str, str]:
    """Return what models are computed with, and how to get more ("" when there is nothing to gain).

    Args:
        build: what llama.cpp was built for, such as "CUDA".
        card: the NVIDIA card whose driver works.
        graphics: who made the graphics processors that are there.
    """
    seen = card or graphics
    if build:
        if "CUDA" in build and not card:
            return (
                f"Built for {build}, but no NVIDIA card answers: models run on the processor.",
                "Does `nvidia-smi` show the card? Its driver may be missing.",
            )
        return f"Models run on {seen or 'the graphics processor'} ({build}).", ""
    if card:
        return (
            f"There is {card}, but llama.cpp was built for the processor alone.",
            "Install NVIDIA's CUDA toolkit, so that `nvcc --version` answers, then run: python3 tangnet.py --gpu",
        )
    if "NVIDIA" in graphics:
        return (
            "There is an NVIDIA card, but no driver for it answers: models run on the processor.",
            "Install its driver and the CUDA toolkit, then run: python3 tangnet.py --gpu",
        )
    if graphics:
        # A graphics processor that shares the memory of the processor is no clear gain, so this is no failure.
        return (
            f"Models run on the processor. There are graphics by {graphics}; with Vulkan's development files, "
            "`CMAKE_ARGS=-DGGML_VULKAN=on python3 tangnet.py --gpu` builds llama.cpp for them.",
            "",
        )
    return "Models run on the processor; there is no graphics processor.", ""


def _measured(model: ModelInfo) -> str:
    if not model.decode_rate:
        return "tuned, measured again when it is loaded" if model.tuned else "not measured yet"
    rates = f"reads {model.prefill_rate:.0f}, writes {model.decode_rate:.0f} tokens/s"
    return f"{rates}, tuned" if model.tuned else f"{rates}, default settings"


async def _disk(runtime: Runtime) -> Finding:
    free = shutil.disk_usage(runtime.home).free
    message = f"{size(free)} free in {runtime.home}."
    return Finding(
        "disk", free >= LEAST_DISK, message, "" if free >= LEAST_DISK else "Make room, or move TANGNET_HOME."
    )


async def _index(runtime: Runtime) -> Finding:
    documents = await runtime.library.documents()
    bad = [document for document in documents if document.state != "indexed"]
    chunks = sum(document.chunks for document in documents)
    message = f"{counted(len(documents), 'document')}, {counted(chunks, 'passage')}."
    if bad:
        names = ", ".join(Path(document.path).name for document in bad[:5])
        return Finding("index", False, f"{message} {len(bad)} not readable: {names}.", "`tangnet documents` says why.")
    return Finding("index", True, message)


async def _nodes(runtime: Runtime) -> Finding:
    nodes = await runtime.cluster.discovered(DISCOVERY_SECONDS)
    lost = [node.name for node in nodes if node.trusted and not node.local and node.state == "unreachable"]
    others = [f"{node.name} ({node.state})" for node in nodes if not node.local]
    if lost:
        return Finding(
            "nodes", False, f"Not reachable: {', '.join(lost)}.", "Is it switched on and on this network? Port 7443."
        )
    return Finding("nodes", True, f"Besides this machine: {', '.join(others) or 'none'}.")


async def _clock(runtime: Runtime) -> Finding:
    # Certificates are valid from the moment they were made; a Pi without a battery wakes up in the past.
    newest = max(
        (path.stat().st_mtime for path in (Path(__file__), runtime.home / "identity.pem") if path.exists()), default=0.0
    )
    now = time.time()
    shown = time.strftime("%Y-%m-%d %H:%M", time.localtime(now))
    if now < newest - 300:
        return Finding(
            "clock",
            False,
            f"The clock says {shown}, which is before this was installed.",
            "Run `timedatectl set-ntp true`.",
        )
    return Finding("clock", True, f"{shown}.")


async def _permissions(runtime: Runtime) -> Finding:
    home = runtime.home
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        return Finding("permissions", False, f"{home} cannot be written.", f"Run: chown -R $(id -u) {home}")
    private = [home / "identity.key", home / "conversations.sqlite3"]
    exposed = [path.name for path in private if path.exists() and path.stat().st_mode & 0o077]
    if exposed and os.name == "posix":
        return Finding(
            "permissions", False, f"Others may read {', '.join(exposed)} in {home}.", f"Run: chmod 700 {home}"
        )
    return Finding("permissions", True, f"{home} is private and can be written.")


async def _trust(runtime: Runtime) -> Finding:
    """Keys and pins of this desktop and of the nodes that have their things in this home."""
    home = runtime.home
    folders = [home, *sorted(path.parent for path in home.glob("node/*/identity.pem"))]
    problems, trusted, tokens = await asyncio.to_thread(_look_over, folders)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return Finding("trust", False, f"{problems[0].message}{more}", problems[0].hint)
    message = f"Keys and pins are in order: {counted(trusted, 'trusted node')}"
    if len(folders) > 1:
        message += f", {counted(len(folders) - 1, 'node')} of this home"
    return Finding("trust", True, message + (f", {tokens} join tokens open." if tokens else "."))


def _look_over(folders: list[Path]) -> tuple[list[Problem], int, int]:
    """Return what is wrong in the folders, the first of which is the desktop's; its pins, and its open join tokens."""
    from app.cluster.fleet import Fleet
    from app.cluster.trust import TrustStore
    from nodeworker.protocol.inspection import Problem, inspect

    problems = [problem for folder in folders for problem in inspect(folder)]
    if problems:
        return problems, 0, 0
    store = TrustStore(folders[0])
    try:
        return [], len(store.pins()), len(Fleet(folders[0], store).tokens())
    except TangnetError as error:
        return [Problem(error.message, error.hint)], 0, 0
