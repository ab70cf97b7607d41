"""What the user wants of the memory, by the words: remember, forget, tell; and what might be worth remembering. Pure.

English and German. Only a sentence that begins so counts: "do you remember that film?" is a question like any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from app import words

LONGEST_PROPOSED = 140
"""Characters of a sentence that is proposed."""


class Wish(Enum):
    """What is asked of the memory."""

    REMEMBER = "remember"
    FORGET = "forget"
    TELL = "tell"


@dataclass(frozen=True, slots=True)
class Order:
    """A wish and what it is about ("" for TELL). `german`: it was said in German."""

    wish: Wish
    about: str = ""
    german: bool = False


_OWN = r"(?=(?:my|our|i|i['’]m|i['’]ve|we|we['’]re)\b)"
_OWN_DE = r"(?=(?:ich|wir|mein\w*|unser\w*)\b)"
_REMEMBER = re.compile(
    r"^(?:please[,\s]+|(?:can|could|will|would) you (?:please )?)?"
    r"(?:remember|keep in mind|don['’]t forget|do not forget|make a note)(?: for (?:me|later|next time))?"
    rf"(?:\s*[,:]?\s+that\s+|\s*:\s*(?:that\s+)?|\s+{_OWN})(?P<what>.+)$",
    re.I | re.S,
)
_REMEMBER_DE = re.compile(
    r"^(?:bitte[,\s]+|(?:kannst|könntest|würdest) du (?:dir )?(?:bitte )?)?"
    r"(?:merke?(?: dir)?(?: bitte)?|vergiss(?: bitte)? nicht|denke?(?: bitte)? daran|behalte?(?: bitte)?(?: im kopf)?"
    r"|notiere?(?: dir)?(?: bitte)?)"
    rf"(?:\s*[,:]?\s+dass\s+|\s*:\s*(?:dass\s+)?|\s*,?\s+{_OWN_DE})(?P<what>.+)$",
    re.I | re.S,
)
_FORGET = re.compile(
    r"^(?:please[,\s]+)?(?:forget|stop remembering)\s+"
    r"(?:that|about|what (?:i|you) (?:said|told you|know|remember) about)"
    r"\s+(?P<what>.+)$",
    re.I | re.S,
)
_FORGET_DE = re.compile(
    r"^(?:bitte[,\s]+)?vergiss(?: bitte)?\s*,?\s*(?:dass|was (?:ich|du) über|das über)\s+(?P<what>.+)$", re.I | re.S
)
_TELL = re.compile(
    r"^(?:please )?(?:(?:what|tell me what) (?:do|have) you (?:remember(?:ed)?|know)(?: (?:about|of) (?:me|us))?"
    r"|show (?:me )?(?:your|my|the) memory|what is in your memory)[\s?!.]*$",
    re.I,
)
_TELL_DE = re.compile(
    r"^(?:bitte )?(?:was (?:wei(?:ß|ss)t|merkst) du(?: dir)? (?:alles )?(?:von|über) mir?(?:ch)?"
    r"|was hast du dir (?:alles )?gemerkt|zeige?(?: mir)? (?:dein|mein|das) gedächtnis)[\s?!.]*$",
    re.I,
)

_PROPOSED = re.compile(
    r"^(?:hi|hello|hey|by the way|btw|so|and|also|well)?[,.!\s]*(?:"
    r"my (?:full |first |last |nick)?name is\b|(?:please )?call me\b|i(?:['’]m| am) called\b"
    r"|i (?:live|was born|grew up) (?:in|on|at|near)\b|i work (?:as|at|for|in|with)\b|i speak\b"
    r"|i(?:['’]m| am) (?:allergic to|married to"
    r"|(?:an? )?(?:vegetarian|vegan|coeliac|diabetic|left-handed|colou?r-?blind))\b"
    r"|i(?:['’]m| am) an? (?!bit\b|little\b|lot\b|few\b)\w+(?: \w+)?[.!]?$"
    r"|i (?:do not|don['’]t|never|can['’]t|cannot) (?:eat|drink|like|drive|smoke)\b|i (?:always |usually )?prefer\b"
    r"|my (?:wife|husband|partner|son|daughter|mother|father|brother|sister|dog|cat|boss|doctor|birthday|address"
    r"|phone number|e-?mail|favou?rite [\w ]+|job|company|hobby|car|computer)"
    r"(?:['’]s [\w ]+)? (?:is|are|was|lives?|works?)\b"
    r")",
    re.I,
)
_PROPOSED_DE = re.compile(
    r"^(?:hi|hallo|hey|übrigens|also|und)?[,.!\s]*(?:"
    r"ich hei(?:ß|ss)e\b|mein (?:voller |vor|nach)?name ist\b|nenn(?:e)? mich\b"
    r"|ich (?:wohne|lebe) (?:in|auf|bei|am)\b|ich arbeite (?:als|bei|für|in)\b|ich spreche\b|ich bin geboren\b"
    r"|ich bin (?:allergisch gegen|verheiratet|vegetarier(?:in)?|veganer(?:in)?|linkshänder(?:in)?|diabetiker(?:in)?)\b"
    r"|ich (?:esse|trinke|mag) (?:kein|keine|keinen|nie|nicht)\b|ich bevorzuge\b"
    r"|mein[e]? (?:frau|mann|partner(?:in)?|sohn|tochter|mutter|vater|bruder|schwester|hund|katze|chef(?:in)?"
    r"|ärzt(?:in)?|arzt|geburtstag|adresse|telefonnummer|lieblings\w+|beruf|firma|auto)"
    r" (?:ist|sind|heißt|wohnt|arbeitet)\b"
    r")",
    re.I,
)


def order(text: str) -> Order | None:
    """Return what `text` wants of the memory, None where it wants something else."""
    said = " ".join(text.split())
    for german, remember, forget, tell in (
        (False, _REMEMBER, _FORGET, _TELL),
        (True, _REMEMBER_DE, _FORGET_DE, _TELL_DE),
    ):
        if tell.match(said):
            return Order(Wish.TELL, german=german)
        for wish, pattern in ((Wish.REMEMBER, remember), (Wish.FORGET, forget)):
            found = pattern.match(said)
            if found and (about := found["what"].strip(" \"“”„'?!,;:")):
                return Order(wish, about[0].upper() + about[1:] if wish is Wish.REMEMBER else about, german)
    return None


def proposal(text: str) -> str:
    """Return the first sentence of a message that the user may want remembered, "" where there is none."""
    for start, end in words.sentences(text):
        said = " ".join(text[start:end].split())
        if said.endswith("?") or len(said) > LONGEST_PROPOSED:
            continue
        if _PROPOSED.match(said) or _PROPOSED_DE.match(said):
            return said
    return ""
