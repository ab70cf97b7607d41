"""How tall the messages of a conversation are: where one begins and which one lies at a height, in logarithmic time."""

from __future__ import annotations

from collections.abc import Sequence


class Heights:
    """Heights in a row, as a binary indexed tree (Fenwick 1994): a change and a search cost log n."""

    def __init__(self, values: Sequence[int] = ()) -> None:
        self._values = list(values)
        self._tree = [0, *self._values]
        for at in range(1, len(self._tree)):
            above = at + (at & -at)
            if above < len(self._tree):
                self._tree[above] += self._tree[at]

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, at: int) -> int:
        return self._values[at]

    @property
    def total(self) -> int:
        """The sum of all."""
        return self.before(len(self._values))

    def append(self, value: int) -> None:
        """Add one at the end."""
        self._values.append(value)
        at = len(self._values)
        self._tree.append(value + self.before(at - 1) - self.before(at - (at & -at)))

    def change(self, at: int, value: int) -> None:
        """Make the height number `at` another one."""
        by = value - self._values[at]
        self._values[at] = value
        at += 1
        while by and at < len(self._tree):
            self._tree[at] += by
            at += at & -at

    def before(self, at: int) -> int:
        """Return the sum of those before number `at`."""
        total = 0
        while at:
            total += self._tree[at]
            at &= at - 1
        return total

    def find(self, y: int) -> int:
        """Return the number of the one that holds the height `y`: the first one above all, the last one below."""
        at, step = 0, 1 << len(self._values).bit_length()
        while step := step >> 1:
            if at + step < len(self._tree) and self._tree[at + step] <= y:
                at += step
                y -= self._tree[at]
        return max(0, min(at, len(self._values) - 1))
