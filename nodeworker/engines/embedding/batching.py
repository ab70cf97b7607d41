"""Which texts are embedded together: alike in length, and bounded in memory whatever the lengths are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def batches(lengths: Sequence[int], *, most_texts: int, most_tokens: int) -> Iterator[list[int]]:
    """Places of texts, alike in length together; `most_tokens` counts padding, a longer text goes alone."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda at: lengths[at]):
        # Sorted upwards, so this one is the longest so far and all others are padded to it.
        if batch and (len(batch) >= most_texts or (len(batch) + 1) * lengths[place] > most_tokens):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
