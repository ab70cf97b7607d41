"""The rows of the list of conversations: what is pinned, folders, the others; or what a search found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.ui.numbers import day
from app.ui.translation import tr
from app.ui.two_line import Row

if TYPE_CHECKING:
    from app.messages import Conversation, Found

FOLDER = "folder:"
"""Before the name of a folder, in the key of its row."""


def listed(conversations: Sequence[Conversation], closed: Collection[str] = ()) -> list[Row]:
    """Return the rows of all conversations, newest first in each part; `closed` are folders that show nothing."""
    pinned = [one for one in conversations if one.pinned]
    folders: dict[str, list[Conversation]] = {}
    others: list[Conversation] = []
    for one in conversations:
        if one.folder:
            folders.setdefault(one.folder, []).append(one)
        elif not one.pinned:
            others.append(one)
    rows: list[Row] = []
    if pinned:
        rows.append(Row("pinned", tr("Pinned"), heading=True))
        rows += [_row(one) for one in pinned]
    if folders:
        rows.append(Row("folders", tr("Folders"), heading=True))
    for name in sorted(folders, key=str.casefold):
        inside = [one for one in folders[name] if not one.pinned]
        shut = name in closed
        count = tr("%n conversations", len(folders[name])) if len(folders[name]) > 1 else tr("1 conversation")
        detail = tr("{number} · closed", number=count) if shut else count
        rows.append(Row(FOLDER + name, name, detail, glyph="folder" if shut else "folder-open", editable=True))
        if not shut:
            rows += [_row(one, indent=1) for one in inside]
    if others and (pinned or folders):
        rows.append(Row("others", tr("Others"), heading=True))
    return rows + [_row(one) for one in others]


def found(findings: Sequence[Found]) -> list[Row]:
    """Return the rows of what a search found: the text around the words stands below the title."""
    return [
        Row(
            one.conversation.id,
            one.conversation.title or tr("New conversation"),
            one.snippet or when(one.conversation.updated_at),
            one.snippet or one.conversation.title,
            marks=one.hits,
            editable=True,
        )
        for one in findings
    ]


def _row(one: Conversation, indent: int = 0) -> Row:
    title = one.title or tr("New conversation")
    return Row(one.id, title, when(one.updated_at), one.title, indent=indent, editable=True)


def when(moment: str, now: datetime | None = None) -> str:
    """Return "Today, 14:05", "Yesterday, 09:30" or a short date for an ISO time; "" when it is none."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return ""
    at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone()
    today = (now or datetime.now(UTC)).astimezone().date()
    days = (today - at.date()).days
    if days == 0:
        return tr("Today, {time}", time=f"{at:%H:%M}")
    if days == 1:
        return tr("Yesterday, {time}", time=f"{at:%H:%M}")
    return day(at)
