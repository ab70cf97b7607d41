"""The short commands of `tangnet-node` about nodes and models here; they reach a running node through its home."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from nodeworker.daemon import LOCK_FILE, STATUS_FILE, TRUST_FILE
from nodeworker.errors import BadRequest, EngineError
from nodeworker.protocol.files import take_lock
from nodeworker.protocol.identity import CERTIFICATE_FILE, TrustFailure, fingerprint, id_of_certificate
from nodeworker.protocol.pins import Pins
from nodeworker.settings import check_name, models_folder, nodes_folder

if TYPE_CHECKING:
    from nodeworker.models.catalogue import CatalogueEntry
    from nodeworker.models.model_file import ModelFile


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command prints: sentences for people, or one JSON object a line."""

    json: bool
    out: TextIO

    def say(self, text: str, **event: Any) -> None:
        """Print `text`, or `event` as JSON; flushed."""
        line = json.dumps(event, ensure_ascii=False) if self.json else text
        print(line, file=self.out, flush=True)


def status(name: str, output: Output) -> None:
    """Print every node of this home, or one, and whom it trusts. Raises EngineError when there is none."""
    homes = [home_of(name)] if name else list(_homes())
    if not homes:
        raise BadRequest("There is no node here yet.", "Start one with: tangnet-node")
    for home in homes:
        facts = _facts(home)
        known = [f"{entry['name']} ({' '.join(entry['rights']) or 'no rights'})" for entry in facts["trusted"]]
        trusted = ", ".join(known) or "nobody yet (tangnet-node pair)"
        where = f" at {facts['address']}, process {facts['pid']}" if facts["state"] == "running" else ""
        lines = [f"{facts['name']}: {facts['state']}{where}"]
        if facts.get("simulated"):
            lines.append("  simulated: there is no model behind its answers")
        if facts.get("metrics"):
            lines.append(f"  metrics at {facts['metrics']}")
        output.say("\n".join([*lines, f"  key {facts['fingerprint']}", f"  trusts {trusted}"]), **facts)


def list_models(folder: str, output: Output) -> None:
    """Print the models here and those that could be fetched."""
    from nodeworker.models.folder import ModelFolder

    models = ModelFolder(models_folder(folder))
    here = models.all()
    for model in here:
        weak = "" if model.trustworthy else "  (too weak to be trusted unchecked)"
        output.say(
            f"{model.name}  {model.role}  {model.bytes / 1e6:.0f} MB  {model.quantisation}{weak}",
            **_listed(model, present=True),
        )
    present = {model.sha256 for model in here}
    for entry in models.catalogue():
        if entry.sha256 not in present:
            size = f"{entry.bytes / 1e6:.0f} MB"
            output.say(
                f"{entry.name}  {entry.role}  {size} to fetch: tangnet-node models add {entry.name}",
                **_listed(entry, present=False),
            )


def _listed(model: ModelFile | CatalogueEntry, *, present: bool) -> dict[str, object]:
    """The fields of a model in --json."""
    names = ("name", "role", "sha256", "bytes", "quantisation", "context")
    return {**{name: getattr(model, name) for name in names}, "present": present}


def add_model(folder: str, source: str, output: Output) -> None:
    """Fetch a model by catalogue name or add a GGUF file; a running node uses it at once. Raises EngineError."""
    from nodeworker.models.folder import FetchProgress, ModelFolder

    cancelled = threading.Event()
    shown = 0.0

    def progress(now: FetchProgress) -> None:
        nonlocal shown
        if time.monotonic() - shown < 1.0:
            return
        shown = time.monotonic()
        print(f"{now.step} {now.done / 1e6:.0f} of {now.total / 1e6:.0f} MB from {now.origin}", file=sys.stderr)

    path = Path(source).expanduser()
    where = str(path.absolute()) if path.suffix.lower() == ".gguf" else source
    try:
        model = ModelFolder(models_folder(folder)).fetch(where, progress, cancelled)
    except KeyboardInterrupt:
        cancelled.set()
        raise
    output.say(
        f"{model.name} is here ({model.bytes / 1e6:.0f} MB).",
        **_listed(model, present=True),
    )


def remove_model(folder: str, name: str, output: Output) -> None:
    """Remove a fetched model. Raises EngineError."""
    from nodeworker.models.folder import ModelFolder

    model = ModelFolder(models_folder(folder)).remove(name)
    output.say(f"{model.name} is removed.", name=model.name, role=model.role, sha256=model.sha256, present=False)


def _homes() -> Iterator[Path]:
    for certificate in sorted(nodes_folder().glob(f"*/{CERTIFICATE_FILE}")):
        yield certificate.parent


def home_of(name: str) -> Path:
    """Return the folder of the node `name`, or of the only (running) one. Raises BadRequest."""
    if name:
        home = nodes_folder() / check_name(name)
        if not (home / CERTIFICATE_FILE).exists():
            known = ", ".join(path.name for path in _homes()) or "none"
            raise BadRequest(f"There is no node named {name} here.", f"Nodes of this home: {known}.")
        return home
    homes = list(_homes())
    running = [home for home in homes if runs(home)] or homes
    if len(running) == 1:
        return running[0]
    if not running:
        raise BadRequest("There is no node here yet.", "Start one with: tangnet-node")
    raise BadRequest("There are several nodes here.", f"Say which: --name {' | '.join(home.name for home in running)}")


def running_home(name: str) -> Path:
    """Return the folder of a node that runs. Raises EngineError when it does not."""
    home = home_of(name)
    if not runs(home):
        raise EngineError(f"The node {home.name} is not running.", "Start it with: tangnet-node")
    return home


def runs(home: Path) -> bool:
    """Whether the node of that folder runs."""
    lock = take_lock(home / LOCK_FILE, wait=False)
    if lock is None:
        return True
    os.close(lock)
    return False


def _facts(home: Path) -> dict[str, Any]:
    running = runs(home)
    facts: dict[str, Any] = {"name": home.name, "state": "running" if running else "stopped", "address": "", "pid": 0}
    try:
        facts["id"] = id_of_certificate((home / CERTIFICATE_FILE).read_bytes())
    except (OSError, TrustFailure) as error:
        raise EngineError(f"The identity in {home} cannot be read.") from error
    facts["fingerprint"] = fingerprint(facts["id"])
    if running:
        try:
            facts |= json.loads((home / STATUS_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            facts["state"] = "starting"
    facts["trusted"] = [
        {
            "name": pin.name,
            "id": pin.id,
            "fingerprint": fingerprint(pin.id),
            "paired_at": pin.paired_at,
            "rights": pin.rights.split(),
        }
        for pin in Pins(home / TRUST_FILE).all()
    ]
    return facts
