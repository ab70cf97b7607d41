"""Follows a text through a grammar, byte by byte, with bounded work and memory.

A state is a set of stacks: all the ways in which the text so far can be read, each with what must still come. Stacks
share their tails and equal ones are the same number, so deep nesting costs little. States are numbered as they are
met and their steps are kept in a table, which makes the automaton as fast as a plain one for what repeats.
"""

from __future__ import annotations

from typing import Any

import numpy

from nodeworker.engines.grammar.gbnf import Rules
from nodeworker.errors import BadRequest

DEAD = 0
"""The state from which nothing leads on."""
MAX_STACKS = 4_096
MAX_WORK = 300_000
"""Stacks that may be looked at for one token."""
MAX_STATES = 16_384
_MAX_NODES = 400_000
_UNKNOWN = -1
_EMPTY = 0
"""The stack on which nothing is left: the text may end."""

Table = numpy.ndarray[Any, numpy.dtype[numpy.int16]]


class Automaton:
    """One text's way through a grammar. Raises BadRequest for left recursion. Not thread-safe."""

    def __init__(self, rules: Rules) -> None:
        """Begin at the root."""
        refuse_left_recursion(rules)
        self._rules = rules
        self._ends = [rule == -1 for rule in rules.rule]
        self._work = 0
        self.generation = 0
        """Changes when states get new numbers."""
        self._forget()
        self.start = self._state(self._closed([self._pushed(start, _EMPTY) for start in rules.starts[rules.root]]))

    def begin_token(self, state: int) -> int:
        """Allow as much work as one token may take; return the state, under a new number if the tables were full."""
        self._work = 0
        if len(self._stacks) > MAX_STATES // 2 or len(self._node_position) > _MAX_NODES // 2:
            state = self._only(state)
        return state

    def may_end(self, state: int) -> bool:
        """Whether the text may end here."""
        return _EMPTY in self._stacks[state]

    def step(self, state: int, byte: int) -> int:
        """The state after this byte. Raises BadRequest when the grammar is too ambiguous to follow."""
        known = int(self.table[state, byte])
        return known if known != _UNKNOWN else self._discover(state, byte)

    @property
    def table(self) -> Table:
        """Next states by state and byte; -1 where nobody has looked yet."""
        return self._table

    # -- states ------------------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self.generation += 1
        self._node_position: list[int] = [-1]
        self._node_below: list[int] = [-1]
        self._nodes: dict[tuple[int, int], int] = {}
        self._stacks: list[frozenset[int]] = [frozenset()]
        self._states: dict[frozenset[int], int] = {frozenset(): DEAD}
        self._table: Table = numpy.full((64, 256), _UNKNOWN, numpy.int16)
        self._table[DEAD] = DEAD

    def _state(self, stacks: frozenset[int]) -> int:
        state = self._states.get(stacks)
        if state is None:
            state = len(self._stacks)
            if state >= MAX_STATES:
                raise _too_ambiguous()
            self._states[stacks] = state
            self._stacks.append(stacks)
            if state >= len(self._table):
                more = numpy.full((len(self._table), 256), _UNKNOWN, numpy.int16)
                self._table = numpy.concatenate((self._table, more))
        return state

    def _discover(self, state: int, byte: int) -> int:
        """Find the next state, for this byte and all others that lead to the same."""
        sets, position, below = self._rules.bytes, self._node_position, self._node_below
        same, after = (1 << 256) - 1, []
        self._spend(len(self._stacks[state]))
        for stack in self._stacks[state]:
            if stack == _EMPTY:
                continue
            at = position[stack]
            if sets[at] >> byte & 1:
                same &= sets[at]
                after.append(self._pushed(at + 1, below[stack]))
            else:
                same &= ~sets[at]
        found = self._state(self._closed(after)) if after else DEAD
        bits = numpy.frombuffer(same.to_bytes(32, "little"), numpy.uint8)
        self._table[state, numpy.unpackbits(bits, bitorder="little").astype(bool)] = found
        return found

    def _closed(self, stacks: list[int]) -> frozenset[int]:
        """Expand rules until every stack waits for a byte or is empty."""
        sets, rule, starts = self._rules.bytes, self._rules.rule, self._rules.starts
        todo, seen, result = stacks, set(stacks), set()
        while todo:
            self._spend(1)
            stack = todo.pop()
            at = self._node_position[stack]
            if stack == _EMPTY or sets[at]:
                result.add(stack)
                if len(result) > MAX_STACKS:
                    raise _too_ambiguous()
                continue
            rest = self._pushed(at + 1, self._node_below[stack])
            for start in starts[rule[at]]:
                new = self._pushed(start, rest)
                if new not in seen:
                    seen.add(new)
                    todo.append(new)
        return frozenset(result)

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > MAX_WORK:
            raise _too_ambiguous()

    # -- stacks ------------------------------------------------------------------------------------------------------

    def _pushed(self, position: int, below: int) -> int:
        """The stack with this position on top; at the end of an alternative, the stack below it."""
        if self._ends[position]:
            return below
        key = (position, below)
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = len(self._node_position)
            if node > _MAX_NODES:
                raise _too_ambiguous()
            self._node_position.append(position)
            self._node_below.append(below)
        return node

    def _only(self, state: int) -> int:
        """Forget all that this state does not need."""
        needed: set[int] = set()
        for stack in self._stacks[state]:
            while stack != _EMPTY and stack not in needed:
                needed.add(stack)
                stack = self._node_below[stack]
        stacks, position, below = self._stacks[state], self._node_position, self._node_below
        self._forget()
        new = {_EMPTY: _EMPTY}
        for stack in sorted(needed):  # the stack below is always older
            new[stack] = self._pushed(position[stack], new[below[stack]])
        if len(new) > _MAX_NODES // 2:
            raise _too_ambiguous()
        return self._state(frozenset(new[stack] for stack in stacks))


def refuse_left_recursion(rules: Rules) -> None:
    """Raise BadRequest when a rule can begin with itself and something after it: that would never end."""
    empty = _may_be_empty(rules)
    edges: list[list[int]] = [[] for _ in rules.starts]
    growing: list[tuple[int, int]] = []
    for owner, starts in enumerate(rules.starts):
        for position in starts:
            while not rules.bytes[position] and not rules.is_end(position):
                inner = rules.rule[position]
                edges[owner].append(inner)
                position += 1
                if not rules.is_end(position):
                    growing.append((owner, inner))
                if not empty[inner]:
                    break
    component = _components(edges)
    if any(component[owner] == component[inner] for owner, inner in growing):
        raise BadRequest("The grammar is left-recursive: a rule begins with itself.", "Write the recursion at its end.")


def _may_be_empty(rules: Rules) -> list[bool]:
    """For each rule whether the empty text is one of its texts."""
    empty = [False] * len(rules.starts)
    waiting: list[list[list[int]]] = [[] for _ in rules.starts]
    """For each rule the alternatives that are empty if it is: [references left, owner]."""
    ready: list[int] = []
    for owner, starts in enumerate(rules.starts):
        for start in starts:
            inner, position = [], start
            while not rules.is_end(position):
                if rules.bytes[position]:
                    break
                inner.append(rules.rule[position])
                position += 1
            else:
                alternative = [len(inner), owner]
                for one in inner:
                    waiting[one].append(alternative)
                if not inner:
                    ready.append(owner)
    while ready:
        rule = ready.pop()
        if empty[rule]:
            continue
        empty[rule] = True
        for alternative in waiting[rule]:
            alternative[0] -= 1
            if alternative[0] == 0:
                ready.append(alternative[1])
    return empty


def _components(edges: list[list[int]]) -> list[int]:
    """Number the strongly connected components (Tarjan, doi 10.1137/0201010), without recursion."""
    order = [-1] * len(edges)
    lowest = [0] * len(edges)
    component = [-1] * len(edges)
    path: list[int] = []
    count = 0
    for root in range(len(edges)):
        if order[root] >= 0:
            continue
        calls = [(root, 0)]
        while calls:
            node, at = calls.pop()
            if order[node] < 0:
                order[node] = lowest[node] = count
                count += 1
                path.append(node)
            for next_at in range(at, len(edges[node])):
                target = edges[node][next_at]
                if order[target] < 0:
                    calls += [(node, next_at), (target, 0)]
                    break
                if component[target] < 0:
                    lowest[node] = min(lowest[node], lowest[target])
            else:
                if lowest[node] == order[node]:
                    while path[-1] != node:
                        component[path.pop()] = node
                    component[path.pop()] = node
    return component


def _too_ambiguous() -> BadRequest:
    return BadRequest("The grammar can be read in too many ways at once.", "Make its alternatives differ earlier.")
