"""The trader's notes on settlements: a word to a market, kept beside the records and never in them.

A note is asked for as a command, so a journal has every wording there was; the ledger keeps the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.effects import Level, Row
from engine.core.snapshot import MarketNoteRow
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import NoteMarket
    from engine.kernel.state import State

LONGEST: Final = 2_000
"""Characters of a note."""


def note(state: State, asked: NoteMarket) -> None:
    """Write a note to a market in place of the one before; an empty one takes it away."""
    text = asked.note.strip()
    if asked.market not in state.exchange.markets:
        unknown = f"there is no market {asked.market[:40]!r} to write a note to"
        said = state.exchange.ended(asked.market) or unknown
        state.out.notice(Level.WARN, said, "NOTE")
    elif len(text) > LONGEST or not all(c.isprintable() or c == "\n" for c in text):
        state.out.notice(Level.WARN, f"a note is at most {LONGEST} printable characters", "NOTE")
    else:
        row = MarketNoteRow(market=asked.market, at=state.now, note=text)
        if text:
            state.market_notes[asked.market] = row
        else:
            state.market_notes.pop(asked.market, None)
        state.out.keep((Row("market_notes", {"market": row.market, "at": row.at, "note": row.note}),))
        state.out.dirty(topics.SETTLEMENTS)


def restore(state: State, rows: tuple[MarketNoteRow, ...]) -> None:
    """Know again what the ledger has."""
    state.market_notes = {row.market: row for row in rows}
