"""The words of made-up prose, by the part that they play in a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

SECTION = re.compile(r"^\[(\w+)\]$([^\[]*)", re.MULTILINE)
SIBILANT = ("s", "x", "z", "ch", "sh")
# Verbs of the list that double their last letter.
DOUBLED = ("plan", "permit", "wrap")

# The small words, which every other word of a text is one of.
SMALL = {
    "determiner": "the the the my this that each every our one their another your any some",
    "several": "the these those our my some many all most few",
    "preposition": "in on with for from at by near behind under over after before beside between against without",
    "conjunction": "and but so because while until",
    "pronoun": "I we they you",
    "being": "is was",
}


@cache
def words() -> Mapping[str, tuple[str, ...]]:
    """The words for each part, the most common first."""
    text = (files("platformdb.seeding.words") / "vocabulary.txt").read_text(encoding="utf-8")
    found = {name: rest.split() for name, rest in SECTION.findall(text)}
    nouns = [entry.partition("/") for entry in found["nouns"]]
    plurals = (_plural(noun, slash, other) for noun, slash, other in nouns)
    forms = {
        "noun": [noun for noun, _, _ in nouns],
        "nouns": [plural for plural in plurals if plural],
        "verb": found["verbs"],
        "verbs": [_with_s(verb) for verb in found["verbs"]],
        "past": [_past(verb) for verb in found["verbs"]],
        "goes": [_with_s(verb) for verb in found["intransitives"]],
        "went": [_past(verb) for verb in found["intransitives"]],
        "adjective": found["adjectives"],
        "adverb": found["adverbs"],
        **{name: listed.split() for name, listed in SMALL.items()},
    }
    return {name: tuple(listed) for name, listed in forms.items()}


def _plural(noun: str, slash: str, other: str) -> str:
    return other if slash else _with_s(noun)


def _with_s(word: str) -> str:
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(SIBILANT) else f"{word}s"


def _past(verb: str) -> str:
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ied"
    return f"{verb}{'d' if verb.endswith('e') else f'{verb[-1]}ed' if verb in DOUBLED else 'ed'}"
