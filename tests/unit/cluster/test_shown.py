"""What of an answer is known stays true while pieces come, are made again, and are taken back."""

from __future__ import annotations

import random

from app.cluster.shown import Shown


def test_new_ids_are_told_without_going_through_the_whole_answer() -> None:
    luck = random.Random(4)
    for _ in range(200):
        shown = Shown(0)
        for _ in range(luck.randrange(1, 30)):
            match luck.randrange(12):
                case 0:
                    shown.resume("a" * 64, remake=shown.can_remake("a" * 64))
                case 1:
                    shown.settle()
                case 2:
                    shown.resume(luck.choice("ab") * 64, remake=False)
                case _:
                    ids = tuple(luck.randrange(1000) for _ in range(luck.randrange(3)))
                    shown.take(ids, luck.choice(("", "x", "yz")))
            assert shown.made == len(shown.ids)
            place = luck.randrange(shown.made + 3)
            assert shown.ids_from(place) == shown.ids[place:]
