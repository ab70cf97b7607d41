"""Drafts from the text itself: answers quote their documents, so what comes next is looked up there.

Prompt lookup decoding: the last tokens are searched in prompt and answer, and what followed them there is proposed.
The engine computes proposal and next token in one decode and keeps what it would have said anyway.
"""

from __future__ import annotations

from collections.abc import Sequence

_SHORTEST = 2
_LONGEST = 5
"""Tokens that must match; a longer match is the better sign."""


class Lookup:
    """An index of the places where pairs of tokens stand, grown with the answer."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens: list[int] = []
        self._places: dict[tuple[int, int], list[int]] = {}
        self.extend(tokens)

    def extend(self, tokens: Sequence[int]) -> None:
        """Add tokens at the end."""
        for token in tokens:
            self._tokens.append(token)
            if len(self._tokens) >= _SHORTEST:
                self._places.setdefault((self._tokens[-2], token), []).append(len(self._tokens))

    def draft(self, most: int) -> tuple[list[int], int]:
        """Return up to `most` tokens that may come next and how many tokens matched before them (0: nothing found)."""
        tokens = self._tokens
        if most <= 0 or len(tokens) < _SHORTEST:
            return [], 0
        end = len(tokens)
        best, length = 0, 0
        # The newest place first: among equals it is the likeliest. The last entry is the end itself.
        for place in reversed(self._places.get((tokens[-2], tokens[-1]), ())[:-1]):
            same = _SHORTEST
            while same < _LONGEST and same < place and tokens[place - 1 - same] == tokens[end - 1 - same]:
                same += 1
            if same > length:
                best, length = place, same
                if same == _LONGEST:
                    break
        return tokens[best : best + most] if length else [], length
