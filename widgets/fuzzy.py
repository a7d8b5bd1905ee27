"""How well a few typed letters name something: a score, and which letters they were. Pure.

Each word that was typed must be found; the best place counts: the whole, the start, the start of a word, inside a
word, and last the same letters in the same order with others between them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_QUERY: Final = 80
"""Characters that are read of what was typed."""
LONGEST: Final = 200
"""Characters of a text that are looked at."""
_WORD: Final = re.compile(r"[^\W_]+")
_WHOLE, _FIRST, _START, _INSIDE, _LETTERS = 100.0, 80.0, 60.0, 35.0, 20.0
_LEAST_SHARE: Final = 0.4
"""Letters with gaps count only where they fill so much of the stretch they lie in."""


class Match(NamedTuple):
    """How well it fits, higher is better, and the places of the letters that were typed."""

    score: float
    at: tuple[int, ...]


def match(query: str, text: str, code: str = "") -> Match | None:
    """Return how well a query names a text; None where it does not.

    Parameters
    ----------
    query : str
        Words parted by spaces; case does not matter. None fits everything, with a score of 0.
    code : str
        A short name: typed in full it fits best of all.
    """
    words = query[:LONGEST_QUERY].casefold().split()
    low = _folded(text)
    if code and len(words) == 1 and words[0] == code:
        return Match(2 * _WHOLE, ())
    score, places = 0.0, set[int]()
    for word in words:
        found = _find(word, low)
        if found is None:
            return None
        score += found.score
        places.update(found.at)
    if not words:
        return Match(0.0, ())
    return Match(score / len(words) - min(len(low), LONGEST) / LONGEST, tuple(sorted(places)))


def rank(query: str, texts: Sequence[tuple[str, str]], most: int) -> list[tuple[int, Match]]:
    """Return the places of the texts (with their codes) that fit, best first; of equals the earlier one first."""
    found = [(n, one) for n, (text, code) in enumerate(texts) if (one := match(query, text, code)) is not None]
    found.sort(key=lambda pair: (-pair[1].score, pair[0]))
    return found[:most]


@lru_cache(maxsize=8192)
def _folded(text: str) -> str:
    """Return a text in lower case, letter for letter, so that places in it are places in the text."""
    return "".join(c if len(c) == 1 else letter for letter in text[:LONGEST] for c in (letter.lower(),))


@lru_cache(maxsize=8192)
def _starts(low: str) -> tuple[int, ...]:
    return tuple(one.start() for one in _WORD.finditer(low))


def _find(word: str, low: str) -> Match | None:
    at = low.find(word)
    if at >= 0:
        starts = _starts(low)
        begins = next((s for s in starts if low.startswith(word, s)), None)
        place = at if begins is None else begins
        whole = place + len(word) == len(low) or not low[place + len(word)].isalnum()
        score = _INSIDE if begins is None else _FIRST if begins == starts[0] else _START
        return Match(score + (20 if whole and begins is not None else 0), tuple(range(place, place + len(word))))
    return _scattered(word, low)


def _scattered(word: str, low: str) -> Match | None:
    """Find the letters in their order, the first of them at the start of a word; best all at starts of words."""
    starts = _starts(low)
    initials = _in_order(word, "".join(low[at] for at in starts), 0)
    if initials:
        places = tuple(starts[at] for at in initials)
        return Match(_LETTERS + len(word), places)
    best: Match | None = None
    for start in starts:
        places = _in_order(word, low, start) if low[start] == word[0] else ()
        share = len(word) / (places[-1] - places[0] + 1) if places else 0.0
        if share >= _LEAST_SHARE and (best is None or _LETTERS * share > best.score):
            best = Match(_LETTERS * share, places)
    return best


def _in_order(word: str, low: str, start: int) -> tuple[int, ...]:
    """Return where each letter of a word is next, from a place on; empty where one is not."""
    places, at = [], start - 1
    for letter in word:
        at = low.find(letter, at + 1)
        if at < 0:
            return ()
        places.append(at)
    return tuple(places)
