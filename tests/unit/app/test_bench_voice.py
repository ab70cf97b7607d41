"""`tangnet bench voice`: which figures come of turns."""

from __future__ import annotations

import json

from app.commands.bench_voice import figures
from app.turn_trace import TurnTrace
from tests.bench import turn_plot


def _turn(token: float, prefill: float, searched: float | None = 1510.0) -> TurnTrace:
    return TurnTrace(
        audio_ms=10.0, partial_ms=410.0, release_ms=1000.0, final_ms=1500.0, searched_ms=searched, token_ms=token,
        sound_ms=token + 100.0, queue_ms=1.0, prefill_ms=prefill,
    )  # fmt: skip


def test_medians_stand_beside_their_references() -> None:
    ahead = [_turn(1600.0, 50.0), _turn(1700.0, 60.0), _turn(1900.0, 70.0)]
    made = {str(one["figure"]): one for one in figures(ahead, [_turn(2400.0, 600.0)] * 3, 1000.0)}
    assert made["voice_release_to_first_text"] == {
        "figure": "voice_release_to_first_text", "value": 700.0, "unit": "ms", "reference": 1400.0, "ratio": 0.5,
    }  # fmt: skip
    assert (made["voice_release_to_text"]["value"], made["voice_release_to_text"]["reference"]) == (500.0, 1000.0)
    assert (made["voice_release_to_first_sound"]["value"], made["voice_key_to_release"]["value"]) == (800.0, 1000.0)
    assert made["voice_prefill"]["ratio"] == 0.1 and made["voice_sound_to_first_words"]["value"] == 400.0


def test_what_did_not_happen_is_left_out() -> None:
    made = figures([_turn(1600.0, 50.0, None)], [_turn(1600.0, 50.0)], 1000.0)
    assert "voice_text_to_passages" not in [one["figure"] for one in made]


def test_the_picture_has_a_bar_for_each_mark_of_both_ways() -> None:
    ahead, without = [_turn(1600.0, 50.0)], [_turn(2400.0, 600.0, 2000.0)]
    text = "\n".join(["progress", *(json.dumps(one) for one in figures(ahead, without, 1000.0))])
    found = turn_plot.read(text)
    assert turn_plot.marks(found, True) == [
        ("text", 500.0), ("passages", 510.0), ("first word", 600.0), ("first sound", 700.0),
    ]  # fmt: skip
    assert [name for name, _ in turn_plot.marks(found, False)] == ["text", "passages", "first word", "first sound"]
    drawn = turn_plot.picture(found)
    assert drawn.count("<rect") == 8 and "first sound, 700" in drawn and "first sound, 1500" in drawn
