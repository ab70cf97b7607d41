"""What of an answer has been made and shown so far, and how to go on with it on another node: pure.

A node turns token ids into text in one fixed way, holding text back while a character is incomplete or a stop string
may be starting. The node that goes on first takes the same ids through the same steps without sending them, and so
holds back exactly what the first one held back. That is why *all* ids received are handed on, those without visible
text too: left out, they would be made again beside their text; kept but their text forgotten, it would be lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Resume:
    """How to go on: give `ids` or `text` to the node, and leave out the first `skip` characters that it sends."""

    ids: tuple[int, ...] = ()
    text: str = ""
    skip: str = ""
    max_tokens: int = 0
    exact: bool = True
    """The tokens will be the same as without the move (greedy, same weights)."""


@dataclass(slots=True)
class Shown:
    """The answer so far. `limit` is the request's max_tokens; 0 = none."""

    limit: int
    text: str = ""
    tokens: int = 0
    """Received in all attempts."""
    sha256: str = ""
    """The weights that made all of it; "" once two different models took part, or when they are unknown."""
    _pieces: list[tuple[tuple[int, ...], str]] = field(default_factory=list)
    _mixed: bool = False

    def take(self, ids: tuple[int, ...], text: str) -> None:
        """Record what a node sent."""
        self._pieces.append((ids, text))
        self.tokens += len(ids)
        self.text += text

    def restart(self, sha256: str) -> None:
        """Forget everything: nothing was visible yet, and the answer begins again elsewhere."""
        self.text, self.tokens, self.sha256 = "", 0, sha256
        self._pieces.clear()
        self._mixed = False

    @property
    def finished(self) -> bool:
        """All tokens that were asked for are there; only the node's last word is missing."""
        return 0 < self.limit <= self.tokens

    def resume(self, sha256: str, *, greedy: bool) -> Resume:
        """Return how the node with the weights `sha256` goes on."""
        if not self.text:
            return Resume(max_tokens=self.limit)
        same = bool(sha256) and sha256 == self.sha256 and not self._mixed
        if not same:
            self._mixed = True
            self.sha256 = sha256
            left = max(self.limit - self.tokens, 1) if self.limit else 0
            return Resume(text=self.text, max_tokens=left, exact=False)
        pieces = self._pieces
        if self.finished and greedy:
            # The node was lost between its last token and its last word, which may bring held-back text. Make the last
            # piece again and leave out of it what was seen.
            *pieces, (_, skip) = pieces
        else:
            skip = ""
        ids = tuple(number for piece, _ in pieces for number in piece)
        left = max(self.limit - len(ids), 0) if self.limit else 0
        return Resume(ids=ids, skip=skip, max_tokens=left)

    def rewind(self, resume: Resume) -> None:
        """Begin the attempt that `resume` describes: what it makes again is no longer counted as made."""
        if resume.skip and self._pieces:
            ids, text = self._pieces.pop()
            self.tokens -= len(ids)
            self.text = self.text.removesuffix(text)
