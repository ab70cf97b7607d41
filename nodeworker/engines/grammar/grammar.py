"""Keeps an answer inside a grammar or a JSON schema: which tokens may come next.

The tokens of a vocabulary are laid out as a tree over their bytes, level by level in arrays. All of them are tried at
once by walking the automaton down that tree with numpy: 50,000 tokens cost one to two milliseconds, and the outcome is
kept for every state, so that the inside of a JSON string is worked out once. Most tokens need none of that: the model's
own choice is tried alone first.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy

from nodeworker.engines.grammar.automaton import DEAD, Automaton
from nodeworker.engines.grammar.gbnf import read_gbnf
from nodeworker.errors import BadRequest

if TYPE_CHECKING:
    from nodeworker.engines import Sampling
    from nodeworker.engines.llama.picking import Vocabulary

MAX_REMEMBERED = 64
"""Outcomes for all tokens that are kept, one byte a token each."""

Marks = numpy.ndarray[Any, numpy.dtype[numpy.bool_]]
Numbers = numpy.ndarray[Any, numpy.dtype[numpy.intp]]
Bytes = numpy.ndarray[Any, numpy.dtype[numpy.uint8]]


@dataclass(frozen=True, slots=True)
class _Level:
    """All different beginnings of tokens of one length."""

    parent: Numbers
    """Of each beginning, where the one that is a byte shorter lies in the level above."""
    byte: Bytes
    """Its last byte."""
    node: Numbers
    token: Numbers
    """Tokens that are no longer than this, and where they lie in this level."""


class TokenTree:
    """The tokens of a vocabulary by their bytes; built once a model, then only read."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Ask for the bytes of every token: 0.1 to 0.5 s."""
        self.size = vocabulary.size
        self.pieces: list[bytes] = [vocabulary.piece(token) for token in range(self.size)]
        self.is_end: Marks = numpy.fromiter(map(vocabulary.is_end, range(self.size)), bool, self.size)
        spelled = [token for token, piece in enumerate(self.pieces) if piece and not self.is_end[token]]
        spelled.sort(key=self.pieces.__getitem__)
        self.levels = self._laid_out(spelled)

    def _laid_out(self, tokens: list[int]) -> list[_Level]:
        levels = []
        numbers = numpy.array(tokens, numpy.intp)
        lengths = numpy.fromiter((len(self.pieces[token]) for token in tokens), numpy.intp, len(tokens))
        joined = numpy.frombuffer(b"".join(self.pieces[token] for token in tokens), numpy.uint8)
        begins = numpy.cumsum(lengths) - lengths
        above = numpy.zeros(len(tokens), numpy.intp)
        depth = 0
        while len(numbers):
            byte = joined[begins + depth]
            new = numpy.ones(len(numbers), bool)
            new[1:] = (byte[1:] != byte[:-1]) | (above[1:] != above[:-1])
            place = numpy.cumsum(new) - 1
            depth += 1
            done = lengths == depth
            levels.append(_Level(above[new], byte[new], place[done], numbers[done]))
            numbers, lengths, begins, above = numbers[~done], lengths[~done], begins[~done], place[~done]
        return levels


_trees: weakref.WeakKeyDictionary[Vocabulary, TokenTree] = weakref.WeakKeyDictionary()
_building = threading.Lock()


def prepare(vocabulary: Vocabulary) -> TokenTree:
    """Return the token tree of a vocabulary; built at the first call, kept as long as the vocabulary. Thread-safe."""
    with _building:
        tree = _trees.get(vocabulary)
        if tree is None:
            tree = _trees[vocabulary] = TokenTree(vocabulary)
        return tree


def constraint(vocabulary: Vocabulary, sampling: Sampling, after: str = "") -> GrammarConstraint:
    """Return what the grammar or the JSON schema of a request asks for. Raises BadRequest when it is none.

    `after`: the grammar begins when this has been written; before, all goes but the end.
    """
    text = sampling.grammar
    if sampling.json_schema:
        from nodeworker.engines.grammar.json_schema import schema_to_gbnf

        text = schema_to_gbnf(sampling.json_schema)
    return GrammarConstraint(prepare(vocabulary), Automaton(read_gbnf(text)), after.encode())


class GrammarConstraint:
    """Which tokens may come next in one answer."""

    def __init__(self, tree: TokenTree, automaton: Automaton, after: bytes = b"") -> None:
        """`after`: the marker with which the grammar begins; b"": at once."""
        self._tree = tree
        self._automaton = automaton
        self._state = automaton.begin_token(automaton.start)
        self._remembered: dict[int, Marks] = {}
        self._marker = after
        self._ahead = b""
        """End of what stands ahead of the marker."""

    def allows(self, token: int) -> bool:
        """Whether the answer may go on with this token."""
        if self._tree.is_end[token]:
            return not self._marker and self._automaton.may_end(self._state)
        return self._after(token) != DEAD

    def allowed(self) -> Marks:
        """All tokens with which the answer may go on. Raises BadRequest when there is none."""
        if self._marker:
            return numpy.fromiter(map(self.allows, range(self._tree.size)), bool, self._tree.size)
        marks = self._remembered.get(self._state)
        if marks is None:
            marks = self._tried()
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[self._state] = marks
        if not marks.any():
            raise BadRequest("The grammar asks for text that this model cannot write.")
        return marks

    def accept(self, token: int) -> None:
        """Go on with this token. Raises BadRequest when it is not allowed."""
        if not 0 <= token < self._tree.size or not self.allows(token):
            raise BadRequest("The answer does not follow the grammar.", "Resume it with the grammar it was begun with.")
        if self._tree.is_end[token]:
            return
        generation = self._automaton.generation
        after = self._after(token)
        if self._marker:
            ahead = self._ahead + self._tree.pieces[token]
            self._ahead = ahead[-len(self._marker) :]
            if self._marker in ahead:
                self._marker = b""
        self._state = self._automaton.begin_token(after)
        if self._automaton.generation != generation:
            self._remembered.clear()

    def _after(self, token: int) -> int:
        piece = self._tree.pieces[token]
        if self._marker:
            _, found, piece = (self._ahead + piece).partition(self._marker)
            return self._read(piece.lstrip()) if found else self._state
        return self._read(piece) if piece else DEAD

    def _read(self, text: bytes) -> int:
        state = self._state
        for byte in text:
            if state == DEAD:
                break
            state = self._automaton.step(state, byte)
        return state

    def _tried(self) -> Marks:
        automaton, marks = self._automaton, numpy.zeros(self._tree.size, bool)
        if automaton.may_end(self._state):
            marks |= self._tree.is_end
        states: Any = numpy.array([self._state])
        for level in self._tree.levels:
            before = states[level.parent]
            states = automaton.table[before, level.byte]
            unknown = states < 0
            if unknown.any():
                for pair in numpy.unique(before[unknown].astype(numpy.int64) * 256 + level.byte[unknown]).tolist():
                    automaton.step(pair // 256, pair % 256)
                states = automaton.table[before, level.byte]
            marks[level.token] = states[level.node] != DEAD
            if not states.any():
                break
        return marks
