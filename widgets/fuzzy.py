"""How well a few typed letters name something: a score, and which letters they were. Pure.

Each word that was typed must be found; the best place counts: the whole, the start, the start of a word, inside a
word, and last the same letters in the same order with others between them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_QUERY: Final = 80
"""Characters that are read of what was typed."""
LONGEST: Final = 200
"""Characters of a text that are looked at."""
_WHOLE, _FIRST, _START, _INSIDE, _LETTERS = 100.0, 80.0, 60.0, 35.0, 20.0
_ENDS: Final = 20.0
"""For a word that was typed to its end."""
_LEAST_SHARE: Final = 0.4
"""Letters with gaps count only where they fill so much of the stretch they lie in."""


class Match(NamedTuple):
    """How well it fits, higher is better, and the places of the letters that were typed."""

    score: float
    at: tuple[int, ...]


class Text(NamedTuple):
    """A text made ready to be searched many times."""

    low: str
    """In small letters, letter for letter, so that places in it are places in the text."""
    spaced: str
    """The same after a space, whatever parts words being a space: a word begins after one."""
    starts: tuple[int, ...]
    initials: str
    code: str


NOTHING: Final = Match(0.0, ())


@lru_cache(maxsize=16_384)
def ready(text: str, code: str = "") -> Text:
    """Return a text made ready; `code` is a short name that fits best of all when it is typed in full."""
    low = "".join(c if len(c) == 1 else letter for letter in text[:LONGEST] for c in (letter.lower(),))
    spaced = " " + "".join(c if c.isalnum() else " " for c in low)
    starts = tuple(n for n, c in enumerate(low) if spaced[n] == " " and spaced[n + 1] != " ")
    return Text(low, spaced, starts, "".join(low[n] for n in starts), code)


def words_of(query: str) -> list[str]:
    """Return the words of a query."""
    return query[:LONGEST_QUERY].lower().split()


def match(query: str, text: str, code: str = "") -> Match | None:
    """Return how well a query names a text; None where it does not.

    Parameters
    ----------
    query : str
        Words parted by spaces; case does not matter. None fits everything, with a score of 0.
    code : str
        A short name: typed in full it fits best of all.
    """
    return fit(words_of(query), ready(text, code))


def fit(words: Sequence[str], text: Text) -> Match | None:
    """Return how well words name a text."""
    if not words:
        return NOTHING
    if text.code and len(words) == 1 and words[0] == text.code:
        return Match(2 * _WHOLE, ())
    score, places = 0.0, set[int]()
    for word in words:
        found = _found(word, text)
        if found is None:
            return None
        score += found.score
        places.update(found.at)
    return Match(score / len(words) - len(text.low) / LONGEST, tuple(sorted(places)))


def rank(query: str, texts: Sequence[Text], most: int) -> list[tuple[int, Match]]:
    """Return the places of the texts that fit, best first; of equals the earlier one first.

    Letters with gaps are looked for only where fewer than `most` texts hold the words as they were typed. Of very
    many texts that hold them, those count that begin with the first word, then those where a word begins with it.
    """
    words = words_of(query)
    if not words:
        return [(n, NOTHING) for n in range(min(most, len(texts)))]
    holding = _holding(words, texts)
    if len(holding) < most:
        first = words[0][0]
        known = set(holding)
        holding += [n for n, text in enumerate(texts) if n not in known and first in text.initials]
    elif len(holding) > 4 * most:
        holding = _nearest(words[0], holding, texts, 4 * most)
    found = [(n, one) for n in holding if (one := fit(words, texts[n])) is not None]
    found.sort(key=lambda pair: (-pair[1].score, pair[0]))
    return found[:most]


def _holding(words: Sequence[str], texts: Sequence[Text]) -> list[int]:
    """Return the places of the texts that hold every word as it was typed, or are named by their code."""
    left = [n for n, text in enumerate(texts) if words[0] in text.low or words[0] == text.code]
    for word in words[1:]:
        left = [n for n in left if word in texts[n].low]
    return left


def _nearest(word: str, places: Sequence[int], texts: Sequence[Text], most: int) -> list[int]:
    begins, after = f" {word}", []
    found = [n for n in places if texts[n].spaced.startswith(begins) or texts[n].code == word]
    found.sort(key=lambda n: len(texts[n].low))
    if len(found) < most:
        known = set(found)
        after = [n for n in places if n not in known and begins in texts[n].spaced]
    rest = set(found).union(after)
    return [*found, *after, *(n for n in places if n not in rest)][:most]


def _found(word: str, text: Text) -> Match | None:
    at = text.spaced.find(f" {word}")
    if at >= 0:
        score = _FIRST if text.starts and at == text.starts[0] else _START
        ends = text.spaced[at + 1 + len(word) : at + 2 + len(word)] in {"", " "}
        return Match(score + (_ENDS if ends else 0.0), tuple(range(at, at + len(word))))
    at = text.low.find(word)
    if at >= 0:  # inside a word, or with a sign in it, such as 84–85
        score = _START + _ENDS if at in text.starts else _INSIDE
        return Match(score, tuple(range(at, at + len(word))))
    return _scattered(word, text)


def _scattered(word: str, text: Text) -> Match | None:
    """Find the letters in their order, the first of them at the start of a word; best all at starts of words."""
    if word[0] not in text.initials:
        return None
    initials = _in_order(word, text.initials, 0)
    if initials:
        return Match(_LETTERS + len(word), tuple(text.starts[at] for at in initials))
    best: Match | None = None
    for start in text.starts:
        places = _in_order(word, text.low, start) if text.low[start] == word[0] else ()
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
