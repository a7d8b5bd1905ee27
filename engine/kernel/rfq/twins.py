"""Options that only we hold: agreed on a request or elsewhere, they have no market and take another one's mark.

Their twin is the same option on the venue that prices it. Whatever that one is marked at they are, in their own
currency, so that greeks, limits and stress know them; what it settles at settles them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from engine.kernel import determining, feeding
from engine.kernel.rfq import finding
from engine.maths import contracts

if TYPE_CHECKING:
    from engine.core.events import Marked, StatusChanged
    from engine.core.ids import InstrumentId
    from engine.kernel.state import State


def known(state: State, instrument: InstrumentId) -> None:
    """An option was quoted, or is held: have it marked from now on where its venue marks nothing."""
    desk = state.desks.get(instrument.venue)
    if desk is not None and desk.facts.trades:
        return
    others = finding.priced_by(state, instrument)
    for other in others:
        twins = state.rfq.twins.setdefault(other, {})
        if instrument not in twins:
            twins[instrument] = None
    newest = max((m for o in others if (m := state.listings[o].mark) is not None), key=lambda m: m.at, default=None)
    if newest is not None:
        _mark(state, instrument, newest)


def marked(state: State, event: Marked) -> None:
    """An option was marked that others take their mark of."""
    for twin in state.rfq.twins[event.instrument]:
        _mark(state, twin, event)


def _mark(state: State, twin: InstrumentId, event: Marked) -> None:
    listing, source = state.listings.get(twin), state.listings.get(event.instrument)
    if listing is None or source is None:
        return
    theirs, ours = (contracts.dollars(one.instrument, event.index) for one in (source, listing))
    price = None if event.price is None or theirs is None or not ours else event.price * theirs / ours
    feeding.marked(
        state, replace(event, instrument=twin, price=price, bid=None, bid_lots=None, ask=None, ask_lots=None)
    )  # fmt: skip


def settled(state: State, event: StatusChanged) -> None:
    """An option was settled that others take their result of."""
    for twin in list(state.rfq.twins.get(event.instrument, ())):
        listing = state.listings.get(twin)
        if listing is not None and listing.status != "settled":
            determining.status_changed(state, replace(event, instrument=twin))
