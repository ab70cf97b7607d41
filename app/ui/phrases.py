"""Pure: the sentences that the window shows for states, figures and errors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from app.errors import TangnetError
from app.ui.core_words import in_language
from app.ui.hints import in_window
from app.ui.numbers import day as written
from app.ui.numbers import number
from app.ui.translation import tr

if TYPE_CHECKING:
    from app.events import Answered, DeploymentInfo, EngineInfo, Moved, Passage
    from app.thinking import ModelProgress

SAID_MOST = 160
"""Characters that the line of a source says of what was said before."""


def role_name(role: str) -> str:
    """Return what engines of a role are for, as it stands in a sentence."""
    known = {
        "chat": tr("answers"),
        "embed": tr("search"),
        "transcribe": tr("speech"),
        "rerank": tr("ranking"),
        "speak": tr("voice"),
    }
    return known.get(role, role)


def node_name(name: str, *, start: bool = False) -> str:
    """Return how a node is called in sentences: the local one is "this machine", at the `start` "This machine"."""
    if name not in ("local", ""):
        return name
    return tr("This machine") if start else tr("this machine")


def seconds(milliseconds: float) -> str:
    """Return a duration such as "0.4 s" or "1 min 5 s"."""
    value = max(0.0, milliseconds) / 1000
    if value < 60:
        return tr("{seconds} s", seconds=number(value, 1))
    return tr("{minutes} min {seconds} s", minutes=int(value) // 60, seconds=int(value) % 60)


def moment(value: float) -> str:
    """Return a place in a recording: "0:07", "12:30", "1:02:03"."""
    whole = max(0, int(value))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def time_left(value: float | None) -> str:
    """Return "about 2 min left", or "" when it cannot be known."""
    if value is None or value < 0 or value != value or value == float("inf"):
        return ""
    if value < 5:
        return tr("a few seconds left")
    if value < 90:
        return tr("about {seconds} s left", seconds=number(round(value / 5) * 5))
    return tr("about {minutes} min left", minutes=number(round(value / 60)))


def megabytes(count: int) -> str:
    """Return a size such as "398 MB" or "1.1 GB" (decimal units, as download pages use)."""
    return f"{number(count / 1e9, 1)} GB" if count >= 1e9 else f"{max(1, round(count / 1e6))} MB"


def node_line(answer: Answered, moves: Sequence[Moved]) -> str:
    """Return the line under an answer: who made it, whether it moved, how long it took."""
    first = moves[0].from_ if moves else answer.node
    parts = [tr("Answered by {node}", node=node_name(first))]
    parts += (tr("then {node}", node=node_name(move.to)) for move in moves)
    if answer.stopped:
        parts.append(tr("stopped"))
    figures = []
    if answer.timings.total_ms is not None:
        figures.append(seconds(answer.timings.total_ms))
    if answer.timings.first_token_ms is not None:
        figures.append(tr("first words after {time}", time=seconds(answer.timings.first_token_ms)))
    return ", ".join(parts) + "".join(f" · {figure}" for figure in figures)


def doubt_line(doubted: int, sentences: int) -> str:
    """Return the quiet line on sentences that no passage supports; "" when there are none."""
    if not doubted:
        return ""
    if doubted == 1:
        return tr("One sentence, underlined with dots, is not said by the passages.")
    if doubted == sentences:
        return tr("All sentences, underlined with dots, are not said by the passages.")
    return tr(
        "{doubted} of {all} sentences, underlined with dots, are not said by the passages.",
        doubted=doubted,
        all=sentences,
    )


def moved_line(move: Moved) -> str:
    """Return the quiet line that stands in an answer where it went on elsewhere."""
    one, other, gap = node_name(move.from_), node_name(move.to), seconds(move.gap_ms)
    if move.exact:
        return tr("moved {one} → {other}, {time}, word for word", one=one, other=other, time=gap)
    return tr(
        "moved {one} → {other}, {time}, with another model: the wording may change", one=one, other=other, time=gap
    )


def sentence(reason: str) -> str:
    """Return a reason in the language of the window, with its full stop; a node's name stays as it is."""
    if not reason:
        return ""
    said = in_language(reason)
    if said == reason:
        said = in_language(f"{reason.rstrip('.')}.")
    return f"{said.rstrip('.')}."


def place(passage: Passage) -> str:
    """Return "handbook.pdf, page 4", with the page's printed number, or "talk.mp3, 12:30"."""
    if passage.origin:
        return told_before(passage)
    name = os.path.basename(passage.path) or passage.path
    if passage.seconds is not None:
        return f"{name}, {moment(passage.seconds[0])}"
    if passage.page is None:
        return name
    return tr("{document}, page {page}", document=name, page=passage.label or passage.page)


def told_before(passage: Passage) -> str:
    """Return where a passage comes from that stands in no document, with the day on which it was said."""
    day = _day(passage.label)
    return (
        tr("Remembered on {day}", day=day) if passage.origin == "memory" else tr("Earlier conversation, {day}", day=day)
    )


def source(passage: Passage) -> str:
    """Return the line of a source: its place, and what was said where that is no document, up to 160 characters."""
    if not passage.origin:
        return place(passage)
    said = " ".join(passage.text.partition("\n")[0].split())
    return f"{place(passage)}: {said}" if len(said) <= SAID_MOST else f"{place(passage)}: {said[:SAID_MOST]}…"


def _day(label: str) -> str:
    """Return an ISO day as the language writes it; anything else as it is."""
    try:
        return written(date.fromisoformat(label))
    except ValueError:
        return label


def engines_line(engines: Sequence[EngineInfo]) -> str:
    """Return one line on what is loading, failed or ready."""
    loading = [role_name(one.role) for one in engines if one.state in ("loading", "idle")]
    failed = [role_name(one.role) for one in engines if one.state in ("failed", "absent")]
    if failed:
        return tr("Not available: {parts}", parts=", ".join(failed))
    return tr("Loading: {parts}", parts=", ".join(loading)) if loading else tr("Ready")


def download_line(progress: ModelProgress, rate: float) -> str:
    """Return how far a model is; `rate` is bytes per second."""
    step = tr("Checking") if progress.step == "verify" else tr("Fetching")
    done, total = megabytes(progress.done), megabytes(progress.total)
    if progress.total <= 0:
        return tr("{step}: {done}", step=step, done=done)
    left = time_left((progress.total - progress.done) / rate) if rate > 0 else ""
    line = tr("{step}: {done} of {total}", step=step, done=done, total=total)
    return f"{line}, {left}" if left else line


def deployment_state(state: str) -> str:
    """Return a state of a model that comes to a node, in words."""
    known = {
        "verifying": tr("being checked"),
        "waiting": tr("waits for its turn"),
        "failed": tr("failed"),
        "removed": tr("removed"),
        "unreachable": tr("cannot be reached"),
    }
    return known.get(state, state)


def deployment_line(info: DeploymentInfo) -> str:
    """Return how far a model is on a node: "412 MB of 1.1 GB, 23 MB/s, about 30 s left"."""
    if info.state == "ready":
        return tr("there")
    if info.state in ("failed", "unreachable", "waiting") and info.message:
        return in_language(info.message)
    if info.state not in ("fetching", "hashing"):
        return deployment_state(info.state)
    far = tr("{done} of {total}", done=megabytes(info.done), total=megabytes(info.total))
    parts = [far if info.total else tr("begins")]
    if info.state == "hashing":
        parts[0] = tr("preparing, {far}", far=parts[0])
    if info.bytes_per_second >= 1000:
        parts.append(f"{megabytes(round(info.bytes_per_second))}/s")
        parts.append(time_left((info.total - info.done) / info.bytes_per_second))
    if info.dropped:
        parts.append(tr("{nodes} gave wrong data and is not asked any more", nodes=", ".join(info.dropped)))
    return ", ".join(part for part in parts if part)


def pushing_line(model: str, latest: Sequence[DeploymentInfo], nodes: int) -> str:
    """Return how far a model is that is being put on `nodes` nodes; `latest` is the newest word on each of them."""
    there = sum(info.state == "ready" for info in latest)
    failed = sum(info.state == "failed" for info in latest)
    coming = [info for info in latest if not info.ended and info.total]
    if not any(info.node_id != "local" for info in latest):
        here = next((info for info in coming if info.state == "hashing"), None)
        if here is None:
            return tr("Preparing {model} on this machine…", model=model)
        return tr("Preparing {model} on this machine… {share} %", model=model, share=info_share(here))
    if there < nodes:
        parts = [tr("{there} of %n nodes have it", count=nodes, there=there)]
    else:
        parts = [tr("%n nodes have it", count=nodes)]
    rate = sum(info.bytes_per_second for info in coming)
    if rate >= 1000:
        parts.append(f"{megabytes(round(rate))}/s")
        slowest = max(
            ((info.total - info.done) / info.bytes_per_second for info in coming if info.bytes_per_second >= 1000),
            default=None,
        )
        parts.append(time_left(slowest))
    if failed:
        parts.append(tr("{number} failed", number=failed))
    return f"{model}: {', '.join(part for part in parts if part)}"


def info_share(info: DeploymentInfo) -> int:
    """Return how much of a model is there, in per cent."""
    return round(100 * info.done / info.total) if info.total else 0


def trouble(error: BaseException) -> tuple[str, str]:
    """Return (sentence, hint) for an error. Outside the tree of known errors it is a bug and says so."""
    if isinstance(error, TangnetError):
        return in_language(error.message), in_window(error.hint)
    return tr("Something unexpected went wrong inside Tangnet."), f"{type(error).__name__}: {error}"


def is_bug(error: BaseException) -> bool:
    """Tell whether the error is none that a user can meet."""
    return not isinstance(error, TangnetError)
