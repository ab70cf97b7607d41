"""What of an answer has been made and shown so far, and how to go on with it on another node: pure.

A node turns token ids into text in one fixed way, holding text back while a character is incomplete or a stop string
may be starting. The node that goes on first takes the same ids through the same steps without sending them, and so
holds back exactly what the first one held back. That is why ids without visible text are handed on too.

One thing cannot be seen from outside: whether the last piece already holds the end of the answer (what was held back
is let go with it). So the last piece is made again and what was seen of it is left out: the same weights make the same
token at the same place. Where another machine's arithmetic makes another one, all ids are handed on as they are.

Some nodes pass on what a model server makes, and that tells no ids. An answer of such a node goes on by its text, also
on the same weights, and nothing of it says whether its end has come.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Piece = tuple[tuple[int, ...], str]


@dataclass(frozen=True, slots=True)
class Resume:
    """How to go on: give `ids` or `text` to the node, and leave out what it sends of `skip`."""

    ids: tuple[int, ...] = ()
    text: str = ""
    skip: str = ""
    kept: int = 0
    """Pieces that stay; the later ones are made again."""
    exact: bool = True
    """The same weights go on with the same tokens."""


@dataclass(slots=True)
class Shown:
    """The answer so far. `limit` is the request's max_tokens; 0 = none."""

    limit: int
    sha256: str = ""
    """The weights that make it, as far as known."""
    _pieces: list[Piece] = field(default_factory=list)
    _seen: list[Piece] | None = None
    """While pieces are made again: what the reader has seen."""
    _since: int = 0
    """Pieces before this one are of another model."""
    made: int = 0
    """Ids received: the length of `ids`."""
    _mixed: bool = False
    """Two different models took part: the ids mean nothing any more."""

    @property
    def text(self) -> str:
        """All that the reader has seen."""
        return "".join(text for _, text in self._known)

    @property
    def ids(self) -> tuple[int, ...]:
        """All ids received, in the order of the answer."""
        return tuple(id for ids, _ in self._pieces for id in ids)

    def ids_from(self, place: int) -> tuple[int, ...]:
        """Return `ids[place:]`; what it costs depends on how many those are, not on the length of the answer."""
        late: list[tuple[int, ...]] = []
        missing = self.made - place
        pieces = reversed(self._pieces)
        while missing > 0:
            late.append(next(pieces)[0])
            missing -= len(late[-1])
        return tuple(id for ids in reversed(late) for id in ids)[max(-missing, 0) :]

    @property
    def over(self) -> str:
        """Why nothing more can come, though the node's last word is missing: "length", "stop", or "" if more may."""
        known = self._known
        if 0 < self.limit <= sum(len(ids) for ids, _ in known):
            return "length"
        return "stop" if self._numbered and not known[-1][0] and known[-1][1] else ""

    @property
    def _numbered(self) -> bool:
        """Whether the model that makes the answer now tells ids."""
        return any(ids for ids, _ in self._known[self._since :])

    @property
    def _known(self) -> list[Piece]:
        return self._pieces if self._seen is None else self._seen

    def take(self, ids: tuple[int, ...], text: str) -> None:
        """Record what a node sent."""
        self._pieces.append((ids, text))
        self.made += len(ids)
        if self._seen is not None and sum(len(text) for _, text in self._pieces) >= len(self.text):
            self._seen = None

    def settle(self) -> None:
        """Go back to what the reader has seen, after an attempt that was lost while it made pieces again."""
        if self._seen is not None:
            self._pieces, self._seen = self._seen, None
            self.made = len(self.ids)

    def restart(self, sha256: str) -> None:
        """Forget everything: nothing was visible yet, and the answer begins again."""
        self.sha256, self._seen, self._mixed, self._since = sha256, None, False, 0
        self._pieces.clear()
        self.made = 0

    def can_remake(self, sha256: str) -> bool:
        """Tell whether the node with these weights should make the last piece the same again."""
        return bool(self.text) and self._numbered and not self._mixed and bool(sha256) and sha256 == self.sha256

    def resume(self, sha256: str, *, remake: bool) -> Resume:
        """Begin an attempt on a node with the weights `sha256`; with `remake` the last piece is made again."""
        self.settle()
        if not self.text:
            self.restart(sha256)
            return Resume()
        if self._mixed or not sha256 or sha256 != self.sha256 or not self._numbered:
            if sha256 != self.sha256:
                self._since = len(self._pieces)
            self._mixed, self.sha256 = True, sha256
            return Resume(text=self.text, kept=len(self._pieces), exact=False)
        kept = len(self._pieces)
        if remake:
            while kept and not self._pieces[kept - 1][0]:
                kept -= 1  # text without ids: the end, which comes again after the last token
            kept = max(kept - 1, 0)
            self._seen, self._pieces = self._pieces, self._pieces[:kept]
        ids = self.ids
        self.made = len(ids)
        skip = self.text[sum(len(text) for _, text in self._pieces) :]
        return Resume(ids=ids, skip=skip, kept=kept)
