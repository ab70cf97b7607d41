"""The conversations: what the rest of the program asks of the store.

Answers being written carry the process that writes them, so that the next one to open the file can tell an interrupted
answer from one that another window is still writing. Calls block, each for a few milliseconds; `search` may take longer
the first time.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.conversations.database import Database
from app.conversations.exporting import markdown
from app.conversations.schema import now
from app.conversations.search_index import SearchIndex
from app.conversations.snippets import has_all, snippet, words_of
from app.conversations.versions import branch_title, newest_after, way
from app.errors import UsageError
from app.events import Passage
from app.messages import PREFERENCES, Conversation, Found, MessageSize, Outcome, StoredMessage, decode, encode, is_place
from app.turn_trace import TurnTrace

Listing = list[Conversation]
Messages = list[StoredMessage]
Sizes = list[MessageSize]
Findings = list[Found]
Paths = tuple[str, ...]
TITLE_LENGTH = 60
SEARCHED_MOST = 50


class Conversations:
    """The conversation store at one path. `notice` is a sentence when a damaged file had to be moved aside."""

    def __init__(self, path: Path) -> None:
        """Open or create the database. Raises StoreError when that is impossible; a damaged file is moved aside."""
        self.path = path
        self._file = Database(path)
        self.notice = self._file.notice
        self._index = SearchIndex(self._file)

    def create(self, title: str = "") -> Conversation:
        """Start a conversation; without a title the first question gives it one. Raises StoreError."""
        id, moment, title = secrets.token_hex(6), now(), _title(title)
        with self._file.change() as db:
            db.execute(
                "INSERT INTO conversations (id, title, created_at, updated_at, titled, searched)"
                " VALUES (?, ?, ?, ?, ?, folded(?))",
                (id, title, moment, moment, "user" if title else "", title),
            )
        return self.get(id)

    def list(self) -> Listing:
        """Return all conversations, the one used last first."""
        return self._select("c.deleted_at IS NULL", ())

    def kept(self) -> set[str]:
        """Return the ids of all conversations that are there or can be restored."""
        with self._file.reading() as db:
            return {row[0] for row in db.execute("SELECT id FROM conversations")}

    def attached(self) -> set[str]:
        """Return the paths of all files that go with a question of a conversation that `kept` names."""
        with self._file.reading() as db:
            rows = db.execute("SELECT details FROM messages WHERE role = 'user' AND details LIKE '%\"attachments\"%'")
            asked = {path for (details,) in rows for path in json.loads(details).get("attachments", ())}
            drafts = db.execute("SELECT files FROM drafts WHERE files != '[]'").fetchall()
        return asked.union(*(json.loads(files) for (files,) in drafts))

    def get(self, id: str) -> Conversation:
        """Return the conversation with that id, or with the only id that begins so. Raises UsageError."""
        found = self._select("c.deleted_at IS NULL AND c.id = ?", (id,))
        if not found and id:
            escaped = id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            found = self._select("c.deleted_at IS NULL AND c.id LIKE ? ESCAPE '\\'", (escaped + "%",))
        if len(found) != 1:
            reason = "is not there" if not found else "could be several"
            raise UsageError(
                f"Conversation {id!r} {reason}.",
                code="conversation_missing",
                hint="`tangnet conversations list` shows them.",
            )
        return found[0]

    def messages(self, id: str, until: int = 0) -> Messages:
        """Return the messages that are shown of a conversation, oldest first. Raises UsageError.

        Args:
            id: Of the conversation.
            until: Id of the last message to return; 0 = the last there is in the version that is shown.
        """
        conversation = self.get(id)
        with self._file.reading() as db:
            tip = db.execute("SELECT tip FROM conversations WHERE id = ?", (conversation.id,)).fetchone()[0]
            rows = {
                row[0]: row
                for row in db.execute(
                    "SELECT id, conversation, role, text, state, created_at, details, parent FROM messages"
                    " WHERE conversation = ?",
                    (conversation.id,),
                )
            }
        following = {one: row[7] for one, row in rows.items()}
        beside: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        for one in sorted(rows):
            beside[following[one], rows[one][2]].append(one)
        return [decode(rows[one], tuple(beside[following[one], rows[one][2]])) for one in way(following, until or tip)]

    def sizes(self, id: str, after: int = 0) -> Sizes:
        """Return how long the messages are that are shown of a conversation, oldest first; those with ids > `after`."""
        with self._file.reading() as db:
            tip = db.execute("SELECT tip FROM conversations WHERE id = ?", (id,)).fetchone()
            following = dict(db.execute("SELECT id, parent FROM messages WHERE conversation = ?", (id,)).fetchall())
            shown = {one for one in way(following, tip[0] if tip else 0) if one > after}
            rows = db.execute(
                "SELECT id, role, length(text), length(text) - length(replace(text, char(10), '')) FROM messages"
                " WHERE conversation = ? AND id > ? ORDER BY id",
                (id, after),
            )
            return [MessageSize(*row) for row in rows if row[0] in shown]

    def some(self, ids: Sequence[int]) -> Messages:
        """Return the messages with these ids, oldest first; what has gone meanwhile is left out."""
        with self._file.reading() as db:
            rows = db.execute(
                "SELECT id, conversation, role, text, state, created_at, details, parent FROM messages"
                f" WHERE id IN ({','.join('?' * len(ids))}) ORDER BY id",
                tuple(ids),
            ).fetchall()
            return [decode(row, _versions(db, row)) for row in rows]

    def message(self, message: int) -> StoredMessage:
        """Return one message. Raises UsageError when it is not there."""
        found = self.some([message])
        if not found:
            raise UsageError(f"Message {message} is not there.", code="message_missing")
        return found[0]

    def search(self, text: str, most: int = SEARCHED_MOST) -> Findings:
        """Return the conversations that have all words of `text` in the title or in one message, the best first.

        Words are found by their beginnings, whatever the case; text without any word is found as it stands.
        Raises StoreError.
        """
        words = words_of(text)
        if not words:
            wanted = text.strip()
            held = "EXISTS (SELECT 1 FROM messages m WHERE m.conversation = c.id AND instr(m.text, ?))"
            where = f"c.deleted_at IS NULL AND (instr(c.title, ?) OR {held})"
            return [Found(one, "") for one in self._select(where, (wanted, wanted))[:most]] if wanted else []
        like = " AND ".join(["searched LIKE ?"] * len(words))
        with self._file.reading() as db:
            rows = db.execute(
                f"SELECT id, title FROM conversations WHERE deleted_at IS NULL AND {like}"
                " ORDER BY updated_at DESC LIMIT ?",
                (*(f"%{word}%" for word in words), 4 * most),
            ).fetchall()
        weights = {id: 2.0 - at / 1000 for at, (id, title) in enumerate(rows) if has_all(title, text)}
        best: dict[str, int] = {}
        for hit in self._index.find(text):
            # Each further message counts less.
            more = hit.weight if hit.conversation not in best else hit.weight / 8
            weights[hit.conversation] = weights.get(hit.conversation, 0.0) + more
            best.setdefault(hit.conversation, hit.message)
        found = {one.id: one for one in self._among(weights)}
        order = sorted(found, key=lambda id: (weights[id], found[id].updated_at), reverse=True)[:most]
        with self._file.reading() as db:
            texts = {
                best[id]: db.execute("SELECT text FROM messages WHERE id = ?", (best[id],)).fetchone()[0]
                for id in order
                if id in best
            }
        return [
            Found(found[id], *snippet(texts.get(best.get(id, 0), ""), text), message=best.get(id, 0)) for id in order
        ]

    def index(self) -> None:
        """Bring the search up to date; takes seconds after the first start with many messages. Raises StoreError."""
        self._index.update()

    def export(self, id: str) -> dict[str, Any]:
        """Return the whole conversation as plain JSON values. Raises UsageError."""
        conversation = self.get(id)
        return {**asdict(conversation), "messages": [asdict(message) for message in self.messages(conversation.id)]}

    def export_markdown(self, id: str) -> str:
        """Return the conversation as Markdown, with the sources under each answer. Raises UsageError."""
        return markdown(self.get(id), self.messages(id))

    def rename(self, id: str, title: str) -> Conversation:
        """Give a conversation another title, which stays. Raises UsageError."""
        conversation = self.get(id)
        return self._set(conversation.id, title=_title(title), titled="user")

    def entitle(self, id: str, title: str) -> bool:
        """Give a conversation a title made by a model, unless somebody has given it one; tells whether it did."""
        with self._file.change() as db:
            done = db.execute(
                "UPDATE conversations SET title = ?, searched = folded(?), titled = 'model'"
                " WHERE id = ? AND titled = 'question'",
                (_title(title), _title(title), id),
            )
            return done.rowcount > 0

    def prefer(self, id: str, where: str) -> Conversation:
        """Say where answers of a conversation may be made: of PREFERENCES, "node:NAME", or "". Raises UsageError."""
        if not is_place(where):
            raise UsageError(
                f"Answers cannot be made {where!r}.", code="usage", hint=f"Known: {', '.join(PREFERENCES)}."
            )
        return self._set(self.get(id).id, prefer=where)

    def collect(self, id: str, name: str) -> Conversation:
        """Hold a conversation to a collection; "" = to the whole library. Raises UsageError."""
        return self._set(self.get(id).id, collection=_clean(name))

    def personify(self, id: str, persona: str) -> Conversation:
        """Let a persona answer in a conversation, by its id; "" = none. Raises UsageError."""
        return self._set(self.get(id).id, persona=_clean(persona))

    def pin(self, id: str, on: bool) -> Conversation:
        """Let a conversation stand above the others, or no longer. Raises UsageError."""
        return self._set(self.get(id).id, pinned=int(on))

    def move(self, ids: Sequence[str], folder: str) -> None:
        """Put conversations into a folder, which is there as long as something is in it; "" = into none."""
        name = _title(folder)
        with self._file.change() as db:
            db.executemany("UPDATE conversations SET folder = ? WHERE id = ?", [(name, id) for id in ids])

    def delete(self, id: str) -> Conversation:
        """Hide a conversation; `restore` brings it back until it is purged after a week. Raises UsageError."""
        conversation = self.get(id)
        with self._file.change() as db:
            db.execute("UPDATE conversations SET deleted_at = ? WHERE id = ?", (now(), conversation.id))
        return conversation

    def restore(self, id: str) -> Conversation:
        """Undo `delete`; needs the whole id. Raises UsageError when it is gone for good."""
        with self._file.change() as db:
            db.execute("UPDATE conversations SET deleted_at = NULL WHERE id = ?", (id,))
        return self.get(id)

    def branch(self, id: str, message: int) -> Conversation:
        """Begin a new conversation with what was said up to `message`, and it too. Raises UsageError."""
        conversation, said = self.get(id), self.messages(id, message)
        if not said:
            raise UsageError("That message is not there.", code="message_missing")
        made = self.create()
        with self._file.change(sure=True) as db:
            before = 0
            for one in said:
                cursor = db.execute(
                    "INSERT INTO messages (conversation, role, text, state, created_at, details, parent)"
                    " SELECT ?, role, text, iif(state = 'writing', 'interrupted', state), created_at, details, ?"
                    " FROM messages WHERE id = ?",
                    (made.id, before, one.id),
                )
                before = cursor.lastrowid or 0
            db.execute("UPDATE conversations SET tip = ? WHERE id = ?", (before, made.id))
        kept = {"prefer": conversation.prefer, "collection": conversation.collection, "folder": conversation.folder}
        kept["persona"] = conversation.persona
        title = branch_title(conversation.title, {one.title for one in self.list()})
        return self._set(made.id, title=title, titled=conversation.titled, **kept)

    def show(self, id: str, message: int) -> None:
        """Show the version of a conversation that goes through `message`, where it was added to last."""
        with self._file.change() as db:
            rows = db.execute("SELECT id, parent FROM messages WHERE conversation = ?", (id,)).fetchall()
            tip = newest_after(dict(rows), message)
            db.execute("UPDATE conversations SET tip = ? WHERE id = ?", (tip, id))

    def draft(self, id: str) -> str:
        """Return what was typed in a conversation and not sent; `id` "" is the conversation that is still to begin."""
        with self._file.reading() as db:
            row = db.execute("SELECT text FROM drafts WHERE conversation = ?", (id,)).fetchone()
        return row[0] if row else ""

    def draft_files(self, id: str) -> Paths:
        """Return the paths of the files that are to go with that, in their order."""
        with self._file.reading() as db:
            row = db.execute("SELECT files FROM drafts WHERE conversation = ?", (id,)).fetchone()
        return tuple(json.loads(row[0])) if row else ()

    def keep_draft(self, id: str, text: str, files: Sequence[str] = ()) -> None:
        """Keep what is typed and the paths of the files that are to go with it; without either it is forgotten.

        Not even a power cut takes it, once this has returned.
        """
        with self._file.change(sure=True) as db:
            if text or files:
                row = (id, _clean(text), now(), json.dumps([_clean(path) for path in files]))
                db.execute(
                    "INSERT OR REPLACE INTO drafts (conversation, text, updated_at, files) VALUES (?, ?, ?, ?)", row
                )
            else:
                db.execute("DELETE FROM drafts WHERE conversation = ?", (id,))

    def ask(self, id: str, text: str, attachments: Sequence[str] = (), after: int | None = None) -> int:
        """Store a question and return its message id; gives the conversation its title if it has none.

        Args:
            id: Of the conversation.
            text: The question.
            attachments: Paths of files that go with it.
            after: Id of the message that it follows, 0 = it is the first; None = the last that is shown.
        """
        title = _title(text)
        with self._file.change(sure=True) as db:
            message = _insert(db, id, "user", _clean(text), "complete", "", after)
            if attachments:
                details = encode({"attachments": [*attachments]})
                db.execute("UPDATE messages SET details = ? WHERE id = ?", (details, message))
            db.execute(
                "UPDATE conversations SET updated_at = ?, titled = iif(title = '', 'question', titled),"
                " searched = iif(title = '', folded(?), searched), title = iif(title = '', ?, title) WHERE id = ?",
                (now(), title, title, id),
            )
        return message

    def begin(self, id: str, after: int | None = None) -> int:
        """Store an empty answer that is being written; returns its message id. `after` as in `ask`."""
        with self._file.change() as db:
            return _insert(db, id, "assistant", "", "writing", self._file.writer, after)

    def passages(self, message: int, passages: Sequence[Passage]) -> None:
        """Remember what the model was given to read for an answer."""
        with self._file.change() as db:
            row = db.execute("SELECT details FROM messages WHERE id = ?", (message,)).fetchone()
            details = json.loads(row[0]) if row else {}
            details["passages"] = [asdict(passage) for passage in passages]
            db.execute("UPDATE messages SET details = ? WHERE id = ?", (encode(details), message))

    def append(self, message: int, text: str) -> None:
        """Add text to an answer that is being written; it is on disk when this returns."""
        with self._file.change() as db:
            db.execute("UPDATE messages SET text = text || ? WHERE id = ?", (_clean(text), message))

    def finish(self, message: int, outcome: Outcome) -> None:
        """Close an answer: its state and all that belongs to it."""
        with self._file.change(sure=True) as db:
            row = db.execute("SELECT details, conversation FROM messages WHERE id = ?", (message,)).fetchone()
            if row is None:
                return  # the conversation was deleted for good meanwhile
            details = encode(json.loads(row[0]) | outcome.details())
            db.execute("UPDATE messages SET state = ?, details = ? WHERE id = ?", (outcome.state, details, message))
            db.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (now(), row[1]))

    def traced(self, message: int, trace: TurnTrace) -> None:
        """Keep where the time of a spoken question went, once more of it is known."""
        with self._file.change() as db:
            row = db.execute("SELECT details FROM messages WHERE id = ?", (message,)).fetchone()
            if row is not None:
                details = encode(json.loads(row[0]) | {"trace": asdict(trace)})
                db.execute("UPDATE messages SET details = ? WHERE id = ?", (details, message))

    def close(self) -> None:
        """Close the files; the store is not used again."""
        self._index.close()
        self._file.close()

    def _set(self, id: str, **columns: object) -> Conversation:
        """Change columns of a conversation, whose names are ours."""
        with self._file.change() as db:
            names = ", ".join(f"{name} = ?" for name in columns)
            db.execute(f"UPDATE conversations SET {names} WHERE id = ?", (*columns.values(), id))
            db.execute("UPDATE conversations SET searched = folded(title) WHERE id = ?", (id,))
        return self.get(id)

    def _among(self, ids: Collection[str]) -> Listing:
        """Return those of `ids` that are there."""
        marks = ",".join("?" * len(ids))
        return self._select(f"c.deleted_at IS NULL AND c.id IN ({marks})", tuple(ids))

    def _select(self, where: str, values: Sequence[Any]) -> Listing:
        query = (
            "SELECT c.id, c.title, c.created_at, c.updated_at,"
            " (SELECT count(*) FROM messages m WHERE m.conversation = c.id), c.prefer, c.collection,"
            " c.titled, c.pinned, c.folder, c.persona"
            f" FROM conversations c WHERE {where} ORDER BY c.updated_at DESC, c.rowid DESC"
        )
        with self._file.reading() as db:
            return [_conversation(*row) for row in db.execute(query, values)]


def _conversation(
    id: str, title: str, created: str, updated: str, messages: int, prefer: str, collection: str, titled: str,
    pinned: int, folder: str, persona: str,
) -> Conversation:  # fmt: skip
    return Conversation(
        id, title, created, updated, messages, prefer, collection, titled, bool(pinned), folder, persona
    )


def _versions(db: sqlite3.Connection, row: Sequence[Any]) -> tuple[int, ...]:
    """Return the ids of all messages that stand at the place of the one in `row`."""
    beside = "SELECT id FROM messages WHERE conversation = ? AND parent = ? AND role = ? ORDER BY id"
    return tuple(one for (one,) in db.execute(beside, (row[1], row[7], row[2])))


def _insert(db: sqlite3.Connection, id: str, role: str, text: str, state: str, writer: str, after: int | None) -> int:
    if after is None:
        row = db.execute("SELECT tip FROM conversations WHERE id = ?", (id,)).fetchone()
        after = row[0] if row else 0
    cursor = db.execute(
        "INSERT INTO messages (conversation, role, text, state, created_at, writer, parent)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (id, role, text, state, now(), writer, after),
    )
    assert cursor.lastrowid is not None
    db.execute("UPDATE conversations SET tip = ? WHERE id = ?", (cursor.lastrowid, id))
    return cursor.lastrowid


def _title(text: str) -> str:
    line = " ".join(_clean(text).split())
    if len(line) <= TITLE_LENGTH:
        return line
    return line[: TITLE_LENGTH - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _clean(text: str) -> str:
    """SQLite keeps UTF-8: a lone surrogate, as in a file name that is no valid text, becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
