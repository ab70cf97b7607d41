"""The bench command with a model that only pretends: what is printed, kept, refused, and left after Ctrl-C."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from nodeworker.commands import Output
from nodeworker.models.model_file import ModelFile
from nodeworker.models.tuned import Tuning, settings_file
from nodeworker.tuning.bench import Progress, Session, Wanted
from nodeworker.tuning.choosing import Speed, Strain

MODEL = ModelFile("chat", "tiny", "ab" * 32, Path("tiny.gguf"), 1)


class Pretended:
    """A model that is twice as quick with one thread as with the default settings, or half as quick."""

    longest_prompt = 1400

    def __init__(self, *, others: float = 0.0, one_is_best: bool = True, step: float = 0.5) -> None:
        self.now = 0.0
        self.others = others
        self.step = step
        self.interrupt_after = 10_000
        self._factor = 2.0 if one_is_best else 0.5

    def _rate(self, settings: Tuning) -> float:
        self.now += self.step
        self.interrupt_after -= 1
        if self.interrupt_after < 0:
            raise KeyboardInterrupt
        return 10 * (self._factor if settings.threads == 1 else 1.0) * (1 if settings.exact else 1.5)

    def speed(self, settings: Tuning, tokens: int) -> Speed:
        rate = self._rate(settings)
        return Speed(10 * rate, rate)

    def strain(self, settings: Tuning) -> Strain:
        return Strain(self._rate(settings), 0.2)

    def costs(self, settings: Tuning) -> dict[int, float]:
        return self.decodes(settings)

    def read(self, settings: Tuning, tokens: int, seconds: float) -> tuple[float, int]:
        return 10 * self._rate(settings), min(tokens, 280)

    def write(self, settings: Tuning, streams: int, seconds: float) -> float:
        return self._rate(settings) * streams

    def decodes(self, settings: Tuning) -> dict[int, float]:
        rate = self._rate(settings)
        return {size: (1 + size / 10) / rate for size in (1, 2, 4)}

    def memory(self, settings: Tuning) -> int:
        return 200_000_000 if settings.exact else 300_000_000

    def close(self) -> None:
        pass


def measured(trials: Pretended, folder: Path, wanted: Wanted, *, as_json: bool = True) -> tuple[list[Any], str, str]:
    """The lines of a run as objects, what it printed, and what it said on standard error."""
    out, err = io.StringIO(), io.StringIO()
    session = Session(
        MODEL,
        trials,
        folder,
        Output(as_json, out),
        Progress(err),
        threads=[2, 1],
        others=lambda: trials.others,
        clock=lambda: trials.now,
    )
    try:
        session.run(wanted)
    except KeyboardInterrupt:
        err.write("interrupted")
    lines = [json.loads(line) for line in out.getvalue().splitlines()] if as_json else []
    return lines, out.getvalue(), err.getvalue()


def test_every_line_is_a_figure_with_its_reference(tmp_path: Path) -> None:
    lines, _, _ = measured(Pretended(), tmp_path, Wanted())
    figures = [line["figure"] for line in lines]
    assert figures == [
        "prefill_32", "prefill_280", "decode_1", "decode_2", "decode_4", "decode_8",
        "decode_of_1", "decode_of_2", "decode_of_4", "memory", "question",
    ]  # fmt: skip
    for line in lines:
        assert line["model"] == "tiny" and line["unit"] and line["ratio"] == 1.0
        assert line["value"] == line["reference"]


def test_tuning_keeps_the_best_and_shows_it_beside_the_default(tmp_path: Path) -> None:
    lines, _, _ = measured(Pretended(), tmp_path, Wanted(tune=True))
    by_name = {line["figure"]: line for line in lines}
    question = by_name["question"]
    assert question["ratio"] == 0.5 and question["settings"] == "1 thread, exact cache"
    assert question["stored"] and question["finished"] and "cache" in question["tried"]
    assert by_name["decode_8"]["ratio"] == 2.0 and by_name["decode_of_1"]["ratio"] == 0.5
    assert by_name["prefill_16_bits"]["ratio"] == 1.5
    assert settings_file(tmp_path, MODEL).read() == Tuning(threads=1, tuned=True)
    # The next run, without --tune, compares what was kept with the default.
    again = {line["figure"]: line for line in measured(Pretended(), tmp_path, Wanted())[0]}
    assert again["decode_1"]["ratio"] == 2.0


def test_settings_for_a_busy_machine_are_not_kept(tmp_path: Path) -> None:
    lines, _, err = measured(Pretended(others=0.6), tmp_path, Wanted(tune=True))
    assert not lines[-1]["stored"] and lines[-1]["others"] == 0.6
    assert "other programs used 60% of the processors" in err
    assert not settings_file(tmp_path, MODEL).read().tuned
    assert measured(Pretended(others=0.6), tmp_path, Wanted(tune=True, anyway=True))[0][-1]["stored"]


def test_speed_instead_of_exactness_only_when_asked_for(tmp_path: Path) -> None:
    measured(Pretended(), tmp_path, Wanted(tune=True))
    assert settings_file(tmp_path, MODEL).read().exact
    lines, _, _ = measured(Pretended(), tmp_path, Wanted(tune=True, prefer_speed=True))
    assert not settings_file(tmp_path, MODEL).read().exact
    assert {line["figure"]: line for line in lines}["memory"]["ratio"] == 1.5


def test_ctrl_c_keeps_what_is_known(tmp_path: Path) -> None:
    trials = Pretended(one_is_best=False)
    trials.interrupt_after = 12
    lines, _, err = measured(trials, tmp_path, Wanted(tune=True))
    assert err.endswith("interrupted")
    assert settings_file(tmp_path, MODEL).read().tuned
    assert lines[-1]["figure"] == "question" and lines[-1]["stored"] and not lines[-1]["finished"]


def test_ctrl_c_before_anything_is_known_keeps_nothing(tmp_path: Path) -> None:
    trials = Pretended()
    trials.interrupt_after = 1
    lines, _, err = measured(trials, tmp_path, Wanted(tune=True))
    assert lines == [] and "too little was measured" in err
    assert not settings_file(tmp_path, MODEL).read().tuned


def test_the_budget_is_kept_and_what_was_left_out_is_said(tmp_path: Path) -> None:
    trials = Pretended(one_is_best=False, step=2.0)
    lines, _, err = measured(trials, tmp_path, Wanted(tune=True, seconds=30))
    assert "No time was left for: cache. --seconds gives more." in err
    assert lines[-1]["stored"] and not lines[-1]["finished"]
    assert trials.now < 60


def test_people_read_sentences(tmp_path: Path) -> None:
    _, out, err = measured(Pretended(), tmp_path, Wanted(tune=True), as_json=False)
    assert "prefill 32: " in out and "default settings: 100" in out
    assert "a first look (120 s left)" in err and "threads: " in err
