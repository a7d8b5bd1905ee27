"""What a few words in the filter of the markets mean: which markets they name, and which of their outcomes. Pure.

A word alone may stand in a market's name, station, cell, section, venue, series or outcome. ``venue:``, ``city:``,
``series:``, ``station:`` and ``strike:`` before it look in that place alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.views.market import MarketRow

FIELDS: Final = ("venue", "city", "series", "station", "strike")
LONGEST: Final = 60
"""Characters that are read."""
Word = tuple[str, str]
"""A field, empty for any, and what it must hold."""


def parse(words: str) -> tuple[Word, ...]:
    """Return the words of a filter; a field that nobody knows is part of its word."""
    found = []
    for word in _plain(words[:LONGEST]).split():
        name, colon, rest = word.partition(":")
        if colon and name in FIELDS:
            found += [(name, rest)] if rest else []
        else:
            found.append(("", word))
    return tuple(found)


def fitting(outcomes: Sequence[MarketRow], wanted: Sequence[Word]) -> tuple[MarketRow, ...]:
    """Return the outcomes of one market that fit every word; none where the market does not.

    A word that names the market leaves its outcomes alone; one that names outcomes only leaves those.
    """
    first = outcomes[0]
    about = {
        "venue": _venue(first),
        "city": _plain(first.event),
        "series": _plain(f"{first.market} {first.instrument.symbol}"),
        "station": _plain(f"{first.station} {first.cell}"),
    }
    whole = " ".join((*about.values(), _plain(first.group)))
    left = tuple(outcomes)
    for name, word in wanted:
        if name in about:
            left = left if word in about[name] else ()
        elif name == "strike" or word not in whole:
            left = tuple(row for row in left if word in _strike(row))
    return left


def _strike(row: MarketRow) -> str:
    """Return what an outcome pays on: its label, or of a market without labels its name."""
    return _plain(row.label or row.event)


def _venue(row: MarketRow) -> str:
    return "own exchange atmx" if row.instrument.venue == EMBEDDED else str(row.instrument.venue)


def _plain(text: str) -> str:
    """Return a text as it is compared: small letters, one kind of dash."""
    return text.lower().replace("–", "-").replace("—", "-").replace("\u2212", "-")
