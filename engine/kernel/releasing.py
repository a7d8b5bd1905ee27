"""What is safe on disk may be told: trades, settlements, orders that may leave; and what can never be written halts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.kernel import control, listing, resting, sending, settling, trading
from engine.kernel.rfq import desk as rfq

if TYPE_CHECKING:
    from engine.core.events import Kept
    from engine.core.ids import MarketId
    from engine.kernel.state import State

FAILED: Final = "failed:"
"""Prefix of what the store says of rows that can never be written."""


def kept(state: State, event: Kept) -> None:
    """Tell what waited for a commit that is done."""
    what = event.what
    told = state.released.get(what)
    if told is not None and told.booked is not None and not event.more:  # most of them
        del state.released[what]
        trading.release(state, told.booked)
        trading.result_of(state, told.booked.trade.market)
        control.guard(state)
        return
    traded = _safe(state, what)
    if event.more:
        some = dict.fromkeys([traded, *[_safe(state, what) for what in event.more]])
        some.pop(None, None)
        if some:
            trading.result_of(state, *some)  # type: ignore[arg-type]
    elif traded is not None:
        trading.result_of(state, traded)
    control.guard(state)


def _safe(state: State, what: str) -> MarketId | None:
    """Take in that something is on disk; return the market of a trade of ours, whose result is to be told."""
    told = state.released.pop(what, None)
    if told is None:
        if not sending.kept(state, what):
            _safe_elsewhere(state, what)
    elif told.booked is not None:
        trading.release(state, told.booked)
        return told.booked.trade.market
    elif told.settled is not None:
        settling.release(state, told)
    elif told.heard:
        resting.release(state, told)
    else:
        listing.announce(state, told)
    return None


def _safe_elsewhere(state: State, what: str) -> None:
    """Take in that something of a quote is on disk, or that something can never be."""
    if not what.startswith(FAILED):
        rfq.kept(state, what)
        return
    text = f"{what.removeprefix(FAILED)} can never be written to the ledger; nothing more is let through"
    state.session.storage_ok, state.session.storage_why = False, text
    sending.never_kept(state, what.removeprefix(FAILED))
    rfq.never_kept(state, what.removeprefix(FAILED))
    control.halt(state, "LEDGER", text)
