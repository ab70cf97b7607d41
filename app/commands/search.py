"""`tangnet search`: passages for one query, or for a file of queries in one warm process."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter

from app.commands.context import Context, existing
from app.commands.output import place
from app.errors import UsageError

LONGEST_QUERIES_FILE = 64_000_000


async def run(context: Context) -> int:
    """Search and print the hits; return the exit status."""
    arguments, output = context.arguments, context.output
    text = " ".join(arguments.query).strip()
    if bool(text) == (arguments.queries is not None):
        raise UsageError("Give one query, or --queries FILE.", code="usage", hint='tangnet search "notice period"')
    queries = [("", text)] if text else read_queries(existing([arguments.queries])[0])
    within = existing(arguments.docs)
    async with context.runtime() as runtime:
        for query_id, query in queries:
            started = perf_counter()
            result = await runtime.library.find(
                query, k=arguments.k, mode=arguments.mode, within=within, rerank=arguments.rerank
            )
            found = result.passages
            milliseconds = round((perf_counter() - started) * 1000, 2)
            for rank, passage in enumerate(found, 1):
                if output.json:
                    output.line(
                        {
                            "query_id": query_id,
                            "rank": rank,
                            "path": passage.path,
                            "page": passage.page,
                            "section": passage.section,
                            "seconds": passage.seconds,
                            "start": passage.start,
                            "end": passage.end,
                            "score": passage.score,
                            "similarity": passage.similarity,
                            "overlap": passage.overlap,
                            "text": passage.text,
                            "milliseconds": milliseconds,
                        }
                    )
                else:
                    output.text(f"{rank}. {passage.path}{place(passage)}\n   {' '.join(passage.text.split())[:300]}")
            for told in (result.dropped, result.not_reranked if arguments.rerank else ""):
                if told:
                    output.note(told)
            if not found and not output.json:
                output.note("Nothing was found.")
    return 0


def read_queries(path: Path) -> list[tuple[str, str]]:
    """Return (id, text) of each line. Raises UsageError naming the line that is wrong."""
    try:
        if path.stat().st_size > LONGEST_QUERIES_FILE:
            raise UsageError(f"{path} is too large.", code="queries", hint="Split it into smaller files.")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.", code="queries") from error
    queries: list[tuple[str, str]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            query = (str(row["id"]), str(row["text"]).strip())
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f'{path}, line {number} is not {{"id", "text"}}.', code="queries", hint="One JSON object a line."
            ) from error
        if not query[1]:
            raise UsageError(f"{path}, line {number} has an empty text.", code="queries")
        queries.append(query)
    return queries
