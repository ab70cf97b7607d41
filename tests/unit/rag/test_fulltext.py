"""Words of a question as the index is asked for them: which are left out, and by whose rules they are cut."""

from __future__ import annotations

import pytest

from app.rag import fulltext


@pytest.mark.parametrize(
    ("question", "language", "tokens"),
    [
        ("When was the theatre built?", "en", ["theatr", "built"]),
        ("¿Cuándo se construyó el teatro según la guía?", "es", ["cuand", "constru", "teatr", "segun", "gui"]),
        ("Wo steht das Theater?", "de", ["steht", "theat"]),
        ("Was ist das?", "de", ["was", "ist", "das"]),  # nothing else remains
    ],
)
def test_small_words_are_left_out_as_long_as_others_remain(question: str, language: str, tokens: list[str]) -> None:
    assert fulltext.asked(question, (language,)) == tokens


def test_a_word_is_cut_by_the_rules_of_each_language_of_the_library() -> None:
    both = fulltext.asked("teatros", ("es", "en"))
    assert both == [*fulltext.asked("teatros", ("es",)), *fulltext.asked("teatros", ("en",))]
    assert len(set(both)) == 2
