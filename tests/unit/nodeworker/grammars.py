"""Ways to ask whether a text follows a grammar or a schema, and a vocabulary to write it with."""

from __future__ import annotations

import json
import random
from typing import Any

from nodeworker.engines.grammar.automaton import DEAD, Automaton
from nodeworker.engines.grammar.gbnf import read_gbnf
from nodeworker.engines.grammar.json_schema import schema_to_gbnf


class Pieces:
    """A vocabulary of all single bytes, these longer tokens, a control token and an end token."""

    def __init__(self, *words: str | bytes) -> None:
        longer = [word.encode() if isinstance(word, str) else word for word in words]
        self._pieces = [bytes([byte]) for byte in range(256)] + longer + [b"", b""]
        self.size = len(self._pieces)
        self.lib: Any = None
        self.pointer: Any = None

    @property
    def end(self) -> int:
        return self.size - 1

    def piece(self, token: int) -> bytes:
        return self._pieces[token]

    def is_end(self, token: int) -> bool:
        return token == self.end


def accepts(grammar: str, text: str | bytes) -> bool:
    """Whether the whole text follows the grammar."""
    automaton = Automaton(read_gbnf(grammar))
    state = automaton.start
    for byte in text.encode() if isinstance(text, str) else text:
        state = automaton.step(state, byte)
        if state == DEAD:
            return False
    return automaton.may_end(state)


def fits(schema: Any, text: str) -> bool:
    return accepts(schema_to_gbnf(json.dumps(schema)), text)


def written(grammar: str, seed: int) -> str:
    """Some text that follows the grammar."""
    chance, automaton = random.Random(seed), Automaton(read_gbnf(grammar))
    state, text = automaton.start, bytearray()
    while not (automaton.may_end(state) and chance.random() < 0.6):
        ways = [byte for byte in range(256) if automaton.step(state, byte) != DEAD]
        if not ways:
            break
        closing = [byte for byte in ways if byte in b'"}],']
        byte = chance.choice(closing if closing and chance.random() < 0.6 else ways)
        state = automaton.begin_token(automaton.step(state, byte))
        text.append(byte)
    return text.decode()
