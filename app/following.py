"""Questions that point back at the conversation, put so that they can be searched alone; pure, without a model.

"And in 2019?" takes the place of the year in the question before; "it" and "she" become what was spoken of; "the second
one" becomes the second thing of the last answer. Rules, not grammar: a search needs the right words, not good English.
What the rules cannot resolve is searched together with the question before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app import words
from app.prompts import Turn

MOST_TURNS = 12
"""Questions back from which a chain of follow-ups is resolved."""
LONGEST_TOPIC = 80
LONGEST_FRAGMENT = 6
"""Words of "and for the deposit?" that make no question of their own."""

_MARKER = re.compile(r"\s*\[[\d\s,;–-]{1,24}\]")
_ASKING = r"who|whom|whose|what|which|when|where|why|how"
_BARE = re.compile(rf"^(and |but |so )?({_ASKING}|why not|how so|how come|really|since when|says who)\s*[?!.]*$", re.I)
_MORE = re.compile(
    r"^(please )?(tell me more|more|go on|continue|explain( it| that| this)?|details|more details|in more detail"
    r"|what else|anything else|elaborate|can you elaborate|say more|is that all|are you sure)( about (it|that|this))?"
    r"( please)?\s*[?!.]*$",
    re.I,
)
_OPENING = re.compile(
    r"^[¿\s]*(and|or|but|so|then|also|ok|okay|well|y|e|o|und|oder|et|ou|ed)?[,\s]*"
    r"(what about|how about|what of|and for|same for|the same for|qu[eé] tal|qu[eé] hay de|was ist mit|wie ist es mit"
    r"|et pour|qu'en est-il de|que hay de)?\s*",
    re.I,
)
_VERB = re.compile(
    r"\b(is|are|was|were|be|been|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must"
    r"|es|son|fue|era|hay|ist|sind|war|hat|est|sont|a|ont)\b",
    re.I,
)
_ORDINALS = {"first": 1, "1st": 1, "former": 1, "second": 2, "2nd": 2, "latter": 2, "third": 3, "3rd": 3, "fourth": 4,
             "4th": 4, "fifth": 5, "5th": 5, "last": -1, "final": -1}  # fmt: skip
_ORDINAL = re.compile(
    r"\bthe\s+(?:(first|1st|second|2nd|third|3rd|fourth|4th|fifth|5th|last|final)\s+(?:one|item|point|option|of them)"
    r"|(former|latter)|(first|second|third|fourth|fifth|last)(?=\s*(?:[?!.,]|$)))(?!\s+of\b)",
    re.I,
)
_PERSON = re.compile(r"\b(he|she|him|her|his|hers)\b", re.I)
_THING = re.compile(
    r"\b(it|its|itself|they|them|their|theirs|this|these|those|that)\b(?!\s+[a-z]+\s+(?:is|was|are|were)\b)", re.I
)
_THERE = re.compile(r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b(?! (is|are|was|were)\b)", re.I)
_EXPLETIVE = re.compile(
    r"\b(is|was) it (true|possible|necessary|allowed|legal|raining|late|too|that)\b|what time is it"
    r"|\b(say|said|know|think|believe|so|such|fact|means?|shows?|prove[sd]?) that\b"
    r"|\bthat\s+(?:is|was|were|are|has|have|he|she|the|can|will)\b",
    re.I,
)
_YEAR = re.compile(r"\b(1\d{3}|20\d{2})\b")
_MONTH = re.compile(
    r"\b(january|february|march|april|june|july|august|september|october|november|december|spring|summer|autumn|winter"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
    re.I,
)
_QUARTER = re.compile(r"\bq[1-4]\b|\b(first|second|third|fourth) quarter\b", re.I)
_TIME = re.compile(r"\b(last|this|next) (year|month|week|quarter)\b|\b(today|yesterday|tomorrow)\b", re.I)
_NUMBER = re.compile(r"\b\d+(?:[.,]\d+)?\b")
_NAME = re.compile(
    r"\b[A-ZÀ-ÖØ-Þ][\w’'.&-]*(?:\s+(?:(?:of|the|de|la|von|van|der|du|and|&)\s+)?[A-ZÀ-ÖØ-Þ0-9][\w’'.&-]*)*"
)
_PHRASE = re.compile(
    r"\b(?:the|a|an|my|our|your|his|her|their|this|that|these|those|each|every)\s+((?:[\w’'-]+\s+){0,3}?[\w’'-]+)"
    r"(?=\s+(?:is|are|was|were|be|do|does|did|has|have|had|can|will|of|in|on|at|by|for|from|to|with|and|or|cost|end|start|begin"
    r"|last|say|work|open|close|flow|run|built|founded|written|made|paid|due|signed|mentioned|\d)\b|\s*[?!.,]|\s*$)",
    re.I,
)
_PART = re.compile(r"\s+(of|with|for|by|from|between|in|at)\s+(the\s+)?[A-ZÀ-ÖØ-Þ]")
_PREPOSITION = re.compile(r"in|on|at|for|of|by|from|to|with|about|en|im|pour|para|f[uü]r", re.I)
_NUMBERED = re.compile(r"(?:[\w.]*\d[\w.]*|[A-Za-z])")
_CALENDAR = re.compile(rf"{_MONTH.pattern}|may", re.I)
_STARTING = """
who whom whose what which when where why how is are was were do does did has have had can could will would should may
might must tell please explain list name give and but or so in on at for the a an of from with i my our if one two
three four five six seven eight nine ten yes no there it they he she this that these those according about around
between since until after before during
"""
"""Words that begin a sentence with a capital and are no names."""
_STARTS = frozenset(_STARTING.split())


def queries(question: str, turns: Sequence[Turn]) -> tuple[str, ...]:
    """Return what to search for, one after the other until something relevant is found.

    Args:
        question: What is asked now.
        turns: What was said before, oldest first.
    """
    resolved, before = _chain(question, turns)
    if not before:
        return (question,)
    together = f"{before} {question}"
    if resolved != question:
        return tuple(dict.fromkeys((resolved, together)))
    return (question, together) if len(words.content(question)) <= 2 else (question,)


def resolve(question: str, turns: Sequence[Turn]) -> str:
    """Return the question so that it can be understood without the turns before it; as it is when it can be."""
    return _chain(question, turns)[0]


def _chain(question: str, turns: Sequence[Turn]) -> tuple[str, str]:
    """Return the resolved question, and the resolved one before it ("" for none): follow-ups follow each other."""
    before, answer = "", ""
    for turn in turns[-2 * MOST_TURNS :]:
        if turn.role == "user":
            before, answer = _resolved(turn.text, before, answer), ""
        else:
            answer = _MARKER.sub("", turn.text)
    return _resolved(question, before, answer), before


def _resolved(question: str, before: str, answer: str) -> str:
    asked = " ".join(question.split())
    if not before or not asked:
        return asked
    if _MORE.match(asked):
        return before
    if _BARE.match(asked):
        return f"{before.rstrip('?!. ')}: {asked}"
    asked = _ordinal(asked, before, answer)
    opening = _OPENING.match(asked)
    fragment = asked[opening.end() :] if opening else asked
    leads = bool(opening and opening.group().strip(" ¿,"))
    if leads and len(fragment.split()) <= LONGEST_FRAGMENT and not _is_question(fragment):
        return _substituted(_pointed(fragment, before, answer), before)
    return _pointed(asked, before, answer)


def _is_question(fragment: str) -> bool:
    return bool(re.match(rf"[¿\s]*({_ASKING})\b", fragment, re.I)) or bool(_VERB.search(fragment))


def _ordinal(asked: str, before: str, answer: str) -> str:
    """Put the thing of the last answer in the place of "the second one"."""
    match = _ORDINAL.search(asked)
    if match is None:
        return asked
    items = _items(answer) or _items(before)
    place = _ORDINALS[next(filter(None, match.groups())).lower()]
    if not items or (place > len(items)):
        return asked
    item = items[place - 1 if place > 0 else place]
    return f"{asked[: match.start()]}{item}{asked[match.end() :]}"


def _items(answer: str) -> list[str]:
    """Return the things that an answer lists: lines with bullets or numbers, else what commas and "and" part."""
    lines = re.findall(r"^\s*(?:[-*•]|\d+[.)])\s+(.+)$", answer, re.M)
    if len(lines) >= 2:
        return [re.split(r"[:;–—(]|\s-\s|\. ", line)[0].strip(" .*_") for line in lines]
    best: list[str] = []
    for start, end in words.sentences(answer):
        sentence = answer[start:end].rstrip(" .?!")
        sentence = re.split(r":\s|\b(?:are|were|include|includes|has|have|named|called|like|between)\b", sentence)[-1]
        parts = [part.strip() for part in re.split(r",\s*(?:and|or)?\s*|\s+(?:and|or)\s+", sentence) if part.strip()]
        if len(parts) > max(1, len(best)) and all(len(part.split()) <= 8 for part in parts):
            best = parts
    return best


def _substituted(fragment: str, before: str) -> str:
    """Put a fragment in the place of what is like it in the question before."""
    said = fragment.strip(" ?!.,¿")
    for kind in (_QUARTER, _YEAR, _MONTH, _TIME):
        new = kind.search(said)
        old = [match for match in kind.finditer(before)]
        if new and not old:
            # A year may take the place of a month or of "last year"; without any it is added.
            old = [match for other in (_YEAR, _MONTH, _TIME, _QUARTER) for match in other.finditer(before)][:1]
        if new and old:
            return _replaced(before, old[-1].span(), new.group() if kind.fullmatch(_bare(said)) else _bare(said))
        if new:
            return f"{before.rstrip('?!. ')} {said}?"
    bare = _bare(said)
    if (alike := _alike(said, before)) is not None:
        return _replaced(before, *alike)
    names = _names(before)
    if _names(f"x {bare}") and names:
        return _replaced(before, names[-1], bare)
    if (phrase := _last_phrase(before)) is not None:
        return _replaced(before, phrase, bare)
    if names:
        return _replaced(before, names[-1], bare)
    numbers = [match.span() for match in _NUMBER.finditer(before)]
    if _NUMBER.fullmatch(bare) and numbers:
        return _replaced(before, numbers[-1], bare)
    return f"{before.rstrip('?!. ')} {said}?"


def _alike(said: str, before: str) -> tuple[tuple[int, int], str] | None:
    """Return what of the question before a fragment takes the place of, and the new text.

    "for early payment" replaces "for late payment", "section 5" "section 4", "sheep" the cows of "how many cows".
    """
    first, _, rest = said.partition(" ")
    if rest and _NUMBERED.fullmatch(rest):
        again = re.search(rf"\b{re.escape(first)}\s+{_NUMBERED.pattern}\b", before, re.I)
        return (again.span(), said) if again is not None else None
    if rest and _PREPOSITION.fullmatch(first):
        end = r"\s+(the\s+)?[\w.'’-]+(\s+[\w'’-]+)?(?=\s*[?!.,]|\s*$)"
        again = re.search(rf"\b{re.escape(first)}{end}", before, re.I)
        return (again.span(), said) if again is not None else None
    counted = re.match(r"\W*(?:and )?how (?:many|much) ([\w'’-]+)", before, re.I)
    plain = said == said.lower() and not any(one.isdigit() for one in said)
    if counted is not None and plain and not re.match(r"(the|a|an|my|our)\b", said):
        return counted.span(1), said
    return None


def _bare(said: str) -> str:
    """Return a fragment without the preposition it begins with."""
    first, _, rest = said.partition(" ")
    return rest if rest and _PREPOSITION.fullmatch(first) else said


def _replaced(text: str, span: tuple[int, int], new: str) -> str:
    return f"{text[: span[0]]}{new}{text[span[1] :]}"


def _pointed(asked: str, before: str, answer: str) -> str:
    """Put what was spoken of in the place of a pronoun that has nothing to point at in the question itself."""
    if _EXPLETIVE.search(asked):
        return asked
    for pattern, choose in ((_PERSON, _person), (_THERE, _place), (_THING, _thing)):
        match = pattern.search(asked)
        if match is None or _has_subject(asked[: match.start()]):
            continue
        topic = choose(before, answer)
        if topic and topic.lower() not in asked.lower():
            word = match.group().lower()
            owns = word in ("his", "its", "their", "theirs", "hers") or (
                word == "her" and re.match(r"\s+\w+", asked[match.end() :])
            )
            follows = re.match(r"\s+(\w+)", asked[match.end() :])
            if word in ("this", "that", "these", "those") and follows and not _VERB.fullmatch(follows.group(1)):
                owns = False
            new = f"{topic}'s" if owns else f"in {topic}" if pattern is _THERE else topic
            return _replaced(asked, match.span(), new)
    return asked


def _has_subject(text: str) -> bool:
    """Say whether something stands before the pronoun that it may point at."""
    return bool(_names(f"x {text[:1].lower()}{text[1:]}")) or bool(re.search(r"\b(the|a|an|my|our)\s+\w+", text, re.I))


def _person(before: str, answer: str) -> str:
    if re.match(r"\W*(and |but )?(who|whom|whose|which|what)\b", before, re.I) and (name := _new_name(answer, before)):
        return name
    return _subject(before) or _last_name(before) or _new_name(answer, before) or _phrase_text(before)


def _place(before: str, answer: str) -> str:
    if re.match(r"\W*(and |but )?(where|which|what)\b", before, re.I) and (name := _new_name(answer, before)):
        return name
    return _last_name(before) or _new_name(answer, before) or _phrase_text(before)


def _thing(before: str, answer: str) -> str:
    if re.match(r"\W*(and |but )?(who|which)\b", before, re.I) and (name := _new_name(answer, before)):
        return name
    if _phrase_is_last(before):
        return _phrase_text(before)
    return _subject(before) or _last_name(before) or _phrase_text(before)


def _subject(before: str) -> str:
    """Return the name of which something is asked: "the Normans" of "When did the Normans invade England?"."""
    names = _names(before)
    asks = r"\b(did|does|do|is|are|was|were|has|have|had|can|will)\s+(the\s+)?$"
    return before[slice(*names[0])] if names and re.search(asks, before[: names[0][0]], re.I) else ""


def _phrase_is_last(before: str) -> bool:
    """Say whether a phrase is the topic: it stands behind all names, or a name is only a part of it ("of Miller")."""
    phrase = _last_phrase(before)
    if phrase is None:
        return False
    names = _names(before)
    return not names or phrase[0] > names[-1][0] or _PART.match(before[phrase[1] :]) is not None


def _phrase_text(before: str) -> str:
    phrase = _last_phrase(before)
    if phrase is None:
        return ""
    text = before[phrase[0] : phrase[1]]
    rest = re.match(r"\s+of\s+(?:the\s+)?[\w’' -]{2,40}?(?=\s+(?:in|on|at|by|is|was)\b|[?!.,]|$)", before[phrase[1] :])
    return f"{text}{rest.group() if rest else ''}"[:LONGEST_TOPIC]


def _last_phrase(text: str) -> tuple[int, int] | None:
    found = [match.span() for match in _PHRASE.finditer(text)]
    for at in range(len(found) - 1, 0, -1):
        # "the end of the war": the whole is meant, so the phrase that begins it.
        if not re.search(r"\b(of|for)\s*$", text[found[at - 1][1] : found[at][0]]):
            return found[at]
    return found[0] if found else None


def _names(text: str) -> list[tuple[int, int]]:
    """Return the places of capitalised names; the first word of a sentence counts only beside another capital."""
    found = []
    for match in _NAME.finditer(text):
        start, end = match.span()
        first = re.match(r"[\w’'.&-]+", match.group())
        opens = not text[:start].strip(" \"“'(¿*") or re.search(r"[.!?:]\s+[\"“'(]*$", text[:start]) is not None
        if first is not None and (opens or first.group().lower() in _STARTS) and first.group().lower() in _STARTS:
            rest = match.group()[first.end() :]
            start += first.end() + len(rest) - len(rest.lstrip())
        name = text[start:end]
        if name and name.lower() not in _STARTS and len(name) > 1 and not name.isdigit():
            whole = re.sub(r"['’]s$", "", name)
            found.append((start, start + len(whole)))
    return found


def _last_name(text: str) -> str:
    names = _names(text)
    return text[slice(*names[-1])] if names else ""


def _new_name(answer: str, before: str) -> str:
    """Return the first name in an answer that the question did not hold."""
    for start, end in _names(answer):
        name = answer[start:end].strip(" .,")
        opens = not answer[:start].strip(" \"“'(")
        lone = " " not in name and re.match(r"\s+[a-z]", answer[end:]) is not None
        acts = r"\s+(is|was|are|were|has|had|did|wrote|built|founded|leads?)\b"
        if opens and lone and not re.match(acts, answer[end:]):
            continue  # "Several people …" begins with a capital and is no name
        if name.lower() not in before.lower() and not _CALENDAR.fullmatch(name):
            return name
    return ""
