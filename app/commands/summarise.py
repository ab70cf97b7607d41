"""`tangnet summarise`: one text on whole documents and folders, with how far it is and what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from app.commands.context import Context, existing
from app.commands.output import place
from app.events import Answered, DocumentInfo, FileIndexed, Passage, Progress, Retrieved, TokenReceived
from app.rules import rules_of
from app.runtime import Runtime
from app.streams import ending
from app.summarising import Summariser

CONTRACT = (Progress, Retrieved, TokenReceived, Answered)


async def run(context: Context) -> int:
    """Add what is not in the library yet, summarise, print; return the exit status."""
    output, paths = context.output, existing(context.arguments.paths)
    async with context.runtime() as runtime:
        documents, left_out = await _documents(context, runtime, paths)
        rules = rules_of(tuple(runtime.settings.rules_folders))
        summariser = Summariser(
            runtime.cluster, runtime.library, runtime.home, rules, spread=runtime.settings.nodes_documents == "cluster"
        )
        passages: tuple[Passage, ...] = ()
        async with aclosing(summariser.run(documents, left_out=left_out, node=context.arguments.node)) as events:
            async for event in events:
                if output.json:
                    if isinstance(event, CONTRACT):
                        output.line(event.to_json())
                elif isinstance(event, Progress):
                    left = f", about {event.seconds_left:.0f} s left" if event.seconds_left else ""
                    output.progress(f"{event.what}{left}")
                elif isinstance(event, Retrieved):
                    passages = event.passages
                elif isinstance(event, TokenReceived):
                    output.text(event.text, end="")
                elif isinstance(event, Answered):
                    _sources(context, event, passages)
    return 0


async def _documents(context: Context, runtime: Runtime, paths: Sequence[Path]) -> tuple[list[DocumentInfo], list[str]]:
    """Return the documents at and below the paths, and what cannot be read of them."""
    left_out = []
    async with ending(runtime.library.add(paths)) as adding:
        async for event in adding:
            if isinstance(event, Progress):
                context.output.progress(event.what)
            elif isinstance(event, FileIndexed) and event.state == "failed":
                left_out.append(f"{Path(event.path).name} ({event.reason or 'it cannot be read'})")
    real = [str(path.resolve()) for path in paths]
    found = [
        one
        for one in await runtime.library.documents()
        if one.state == "indexed" and any(one.path == path or one.path.startswith(f"{path}/") for path in real)
    ]
    return found, left_out


def _sources(context: Context, answered: Answered, passages: Sequence[Passage]) -> None:
    context.output.text("")
    by_number = {passage.n: passage for passage in passages}
    if answered.citations:
        context.output.text("\nSources:")
    for citation in answered.citations:
        context.output.text(f"  [{citation.n}] {citation.path}{place(by_number[citation.n])}")
