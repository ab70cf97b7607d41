"""Which language a text is in: of a document by py3langid, of a short question by its small words and its script."""

from __future__ import annotations

import contextlib
import functools
import re
import threading
from collections.abc import Collection
from typing import Any

UNKNOWN = ""
_SAMPLE_CHARACTERS = 3000
_FEWEST_LETTERS = 40
"""Shorter texts are told by their script or not at all."""
_SURE = 0.7
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
)
"""Languages that their script tells well enough for a question; the first that occurs wins."""
SMALL_WORDS: dict[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "en": """
            a about after all also an and any are as at be been before but by can could did do does for from
            had has have he her his how i if in into is it its many me most much my no not of on one or our
            out over she should so some than that the their them then there these they this those to under up
            was we were what when where which who whom whose why will with would you your
        """,
        "de": """
            aber alle als am an auch auf aus bei bin bis dann das dass dem den der des die dieser doch du
            durch ein eine einem einen einer eines er es für gab gibt haben hat hatte ich ihr im in ist kann
            kein keine man mehr mein mit nach nicht noch nur oder sein seine seit sich sie sind so um und uns
            unter vom von vor wann war waren warum was welche welchem welchen welcher welches wenn wer werden
            wie wieviel wird wo worden wurde wurden zu zum zur über
        """,
        "es": """
            a al algo como con cómo cuál cual cuáles cuándo cuando cuánto cuánta cuántos cuántas de del desde
            donde dónde el ella ellos en entre era es esta este esto está fue fueron ha han hasta hay hizo la las le les
            lo los más me mi muy no o para pero por porque que qué quien quién se según ser si sin sobre son
            su sus también tiene un una uno y ya
        """,
        "fr": """
            à au aux avec ce ces cette combien comment dans de des du elle en est et était être fait il ils je
            la le les leur lui mais ne nous on ont ou où par pas pour pourquoi quand que quel quelle quels
            quelles qui sa ses son sont sur un une vous
        """,
        "it": """
            a ai al alla anche che chi come con cosa da dal dalla dei del della delle di dove e era essere gli
            ha hanno i il in la le lo ma nel nella non o per perché più quale quali quando quanti quanto si
            sono stato su sul un una
        """,
        "pt": """
            a ao as com como da das de do dos e ela ele em entre era essa este foi foram há isso mais mas na
            nas no nos o onde os ou para pela pelo por porque qual quais quando quantos que quem se sem ser
            seu sua são também um uma
        """,
        "nl": """
            aan als bij dat de deze die dit door een en er had heb heeft het hij hoe hoeveel in is je kan maar
            meer met naar niet nog of om ook op over te tot uit van voor waar waarom wanneer was wat welke
            werd wie worden zijn ze
        """,
    }.items()
}
_LOADING = threading.Lock()
_WORD = re.compile(r"[^\W\d_]+")


def of_document(text: str) -> str:
    """Return the language of a document as ISO 639-1; UNKNOWN for too little text or none that is sure."""
    sample = text[:_SAMPLE_CHARACTERS]
    letters = sum(map(len, _WORD.findall(sample)))
    if letters < _FEWEST_LETTERS:
        return _by_script(sample, letters)
    try:
        name, sure = _identifier().classify(sample)
    except OSError:  # it is unpacked into a temporary file, and the disk may be full
        return _by_script(sample, letters)
    return str(name) if sure >= _SURE else _by_script(sample, letters)


def of_query(text: str, known: Collection[str] = ()) -> str:
    """Return the language of a question, by script or by its small words; a tie goes to a language in `known`."""
    words = [word.lower() for word in _WORD.findall(text)]
    found = _by_script(text, sum(map(len, words)))
    if found:
        return found
    counts = {name: sum(word in small for word in words) for name, small in SMALL_WORDS.items()}
    most = max(counts.values())
    best = [name for name, count in counts.items() if count == most]
    if not most:
        return UNKNOWN
    if len(best) == 1:
        return best[0]
    spoken = [name for name in best if name in known]
    return spoken[0] if len(spoken) == 1 else UNKNOWN


def _by_script(text: str, letters: int) -> str:
    for name, pattern in _SCRIPTS:
        if 3 * len(pattern.findall(text)) > letters > 0:
            return name
    return UNKNOWN


def _identifier() -> Any:
    """Return py3langid's classifier with probabilities; loaded when a document needs it, unless `load` came before."""
    with _LOADING:
        return _loaded()


@functools.cache
def _loaded() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def load() -> None:
    """Load the classifier, which takes half a second of computing: in a thread, while the first document is read."""
    with contextlib.suppress(OSError):  # told, where it matters, by whoever needs it
        _identifier()
