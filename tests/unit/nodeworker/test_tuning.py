"""What is kept of a model: whole or not at all, settings apart from figures, nonsense is as good as nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nodeworker.models.model_file import ModelFile
from nodeworker.models.tuned import Tuning, TuningFile, figures_file, settings_file

MODEL = ModelFile("chat", "tiny", "ab" * 32, Path("tiny.gguf"), 1)
KEPT = Tuning(
    threads=3, exact=False, drafts=False, exact_rows=4, prefill_rate=90.5, decode_rate=11.0, seconds={1: 0.09, 8: 0.2},
    tuned=True, flash="off", batch=2048,
)  # fmt: skip


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    file = TuningFile(tmp_path / "measured", "key")
    assert file.read() == Tuning()
    assert file.write(KEPT)
    assert file.read() == KEPT
    assert (tmp_path / "measured").stat().st_mode & 0o777 == 0o700
    assert TuningFile(tmp_path / "measured", "other").read() == Tuning()


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", "null", '{"threads": "many"}', '{"threads": -1}', '{"decode_rate": -1}', '{"flash": "maybe"}',
        '{"decode_rate": NaN}', '{"seconds": {"0": 1}}', '{"seconds": [1]}', '{"batch": 1}', '{"batch": 99999999}',
        '{"threads": 1e999}', '{"exact_rows": -7}', "[" * 100_000,
    ],
)  # fmt: skip
def test_nonsense_counts_as_nothing(tmp_path: Path, text: str) -> None:
    file = TuningFile(tmp_path, "key")
    file.write(KEPT)
    next(tmp_path.glob("*.json")).write_text(text, encoding="utf-8")
    assert file.read() == Tuning()


def test_a_file_of_an_older_version_gets_the_defaults(tmp_path: Path) -> None:
    file = TuningFile(tmp_path, "key")
    file.write(KEPT)
    path = next(tmp_path.glob("*.json"))
    path.write_text(json.dumps({"threads": 2, "tuned": True, "something": "new"}), encoding="utf-8")
    assert file.read() == Tuning(threads=2, tuned=True)


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not TuningFile(tmp_path / "file", "key").write(KEPT)


def test_settings_do_not_depend_on_what_is_chosen_and_figures_do(tmp_path: Path) -> None:
    settings_file(tmp_path, MODEL).write(Tuning(threads=2, tuned=True))
    assert settings_file(tmp_path, MODEL).read().threads == 2
    two, one = Tuning(threads=2), Tuning(threads=1)
    figures_file(tmp_path, MODEL, two).write(replace(two, decode_rate=20.0))
    assert figures_file(tmp_path, MODEL, two).read().decode_rate == 20.0
    assert figures_file(tmp_path, MODEL, one).read().decode_rate == 0.0
    assert figures_file(tmp_path, MODEL, replace(two, exact=False)).read().decode_rate == 0.0
    assert settings_file(tmp_path, replace(MODEL, sha256="cd" * 32)).read() == Tuning()


def test_a_label_says_what_changes_the_speed_of_a_decode() -> None:
    assert Tuning(threads=1).label == "1 thread, exact cache"
    assert KEPT.label == "3 threads, 16-bit cache, flash attention off, 2048 tokens at once"
    assert Tuning(threads=2, drafts=False).label == Tuning(threads=2).label
