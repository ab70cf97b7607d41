"""`tangnet models`: what there is, what could be added, adding and removing; for other nodes see deploying.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.commands import deploying
from app.commands.context import Context
from app.commands.output import size
from app.errors import ModelError
from app.events import ModelInfo

USABLE = ("chat", "embed", "transcribe")
"""Roles that this version has engines for; `--all --json` lists the rest of the catalogue, too."""


async def run(context: Context) -> int:
    """Do what the action says; return the exit status."""
    actions = {
        "list": _list, "add": _add, "remove": _remove,
        "push": deploying.push, "keep": deploying.keep, "drop": deploying.drop,
    }  # fmt: skip
    return await actions[context.arguments.action](context)


def model_json(model: ModelInfo) -> dict[str, Any]:
    """Return what --json prints of a model."""
    return {
        "name": model.name,
        "role": model.role,
        "sha256": model.sha256,
        "bytes": model.bytes,
        "quantisation": model.quantisation,
        "context": model.context,
        "nodes": list(model.nodes),
        "present": model.present,
        "trustworthy": model.trustworthy,
        "licence": model.licence,
        "note": model.note,
    }


async def _list(context: Context) -> int:
    output = context.output
    everything = context.arguments.all or not output.json
    async with context.runtime() as runtime:
        models = await runtime.cluster.models(catalogue=everything)
    if output.json:
        for model in models:
            if model.present or context.arguments.all:
                output.line(model_json(model))
        return 0
    for model in models:
        if model.present:
            weak = "" if model.trustworthy else ", too weak to be trusted"
            where = f" on {', '.join(model.nodes)}" if model.nodes else ""
            output.text(f"{model.role:<11}{model.name} ({size(model.bytes)}{weak}){where}")
    others = [model for model in models if not model.present and model.role in USABLE]
    if others:
        output.text("\nCan be added with `tangnet models add NAME`:")
    for model in others:
        note = f". {model.note}" if model.note else ""
        output.text(f"{model.role:<11}{model.name} ({size(model.bytes)}, {model.licence}){note}")
    return 0


def source(words: str) -> str:
    """Return a name or an address as it is, and a file by its whole path: the node stands in another folder."""
    if words.lower().startswith(("https://", "http://")):
        return words
    path = Path(words).expanduser()
    is_file = "/" in words or path.suffix.lower() == ".gguf" or path.is_file()
    return str(path.absolute()) if is_file else words


async def _add(context: Context) -> int:
    output = context.output
    name = sha256 = ""
    async with context.runtime() as runtime:
        async for step in runtime.cluster.add_model(source(context.arguments.source)):
            name, sha256 = step.model or name, step.sha256 or sha256
            share = f" {step.done / step.total:.0%} of {size(step.total)}" if step.total else ""
            output.progress(f"{step.step}{share} from {step.origin}" if step.origin else f"{step.step}{share}")
        added = [m for m in await runtime.cluster.models() if sha256 == m.sha256 or (not sha256 and name == m.name)]
    if not added:
        raise ModelError(
            f"{context.arguments.source} was fetched, but the node does not list it.", code="model_missing"
        )
    if output.json:
        output.line(model_json(added[0]))
    else:
        output.text(f"{added[0].name} is ready ({added[0].role}, {size(added[0].bytes)}).")
    return 0


async def _remove(context: Context) -> int:
    async with context.runtime() as runtime:
        model = await runtime.cluster.remove_model(context.arguments.name)
    if context.output.json:
        context.output.line(model_json(model))
    else:
        context.output.text(f"{model.name} was removed.")
    return 0
