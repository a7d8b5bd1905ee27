"""Out of every position: on venues the orders first, then what is left, at once and within the collar.

An order in flight can fill while a position is being closed, and end on the other side of it. So what works in an
instrument is taken back, its end is waited for, and only what is held then is sold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.commands import Flatten, Place, Tif
from engine.core.effects import Level
from engine.core.ids import EMBEDDED, YOU
from engine.core.units import SECOND, Leg, Nanos, Side
from engine.kernel import dealing, inflight, moving, trading

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.kernel.state import State
    from engine.orders.register import Order

PATIENCE: Final = 30 * SECOND
"""How long the ends of orders are waited for."""


def flatten(state: State, asked: Flatten, pressed_at: Nanos) -> None:
    """Close every position, or those of one market, family or symbol."""
    held = list(dict.fromkeys(one for one, _, _ in state.book.held() if one.venue in state.desks))
    some = [one for one in held if asked.market is None or _belongs(state, one, asked.market)]
    if not some or any(one.position.qty for one in state.exchange.holdings(YOU)):
        trading.flatten(state, asked, pressed_at)
    moving.let_go(state, lambda one: one in some)
    for instrument in some:
        state.leaving[instrument] = Nanos(state.now + state.desks[instrument.venue].real(PATIENCE))
        working = _open(state, instrument)
        for one in working:
            if one.id not in state.taken_back:
                inflight.take_back(state, one)
        if working:
            text = f"{instrument.symbol[:40]}: {len(working)} orders are taken back first, then what is held is sold"
            state.out.notice(Level.INFO, text, "FLATTEN", instrument.symbol)
    go_on(state)


def _belongs(state: State, instrument: InstrumentId, market: str) -> bool:
    listing = state.listings.get(instrument)
    return instrument.symbol == market or (listing is not None and str(listing.instrument.family) == market)


def _open(state: State, instrument: InstrumentId) -> list[Order]:
    return [one for one in state.register.open() if one.place.instrument == instrument]


def go_on(state: State) -> None:
    """Sell what is held where no order is left; give up where one stays."""
    for instrument in list(state.leaving):
        if instrument.venue == EMBEDDED or not _open(state, instrument):
            del state.leaving[instrument]
            _sell(state, instrument)
        elif state.now >= state.leaving[instrument]:
            del state.leaving[instrument]
            text = f"{instrument.symbol[:40]} was not flattened: an order in it has not ended"
            state.out.notice(Level.DANGER, text, "FLATTEN", instrument.symbol)


def _sell(state: State, instrument: InstrumentId) -> None:
    for leg in Leg:
        held = state.book.get(instrument, leg).qty
        if not held:
            continue
        listing = state.listings.get(instrument)
        qty = held if listing is None else dealing.whole_steps(listing.instrument, held)
        if not qty and listing is not None:
            step = listing.instrument.step.normalize()
            stays = f"{held.normalize():f} {leg.value}"
            text = f"{instrument.symbol[:40]}: {stays} stay: the venue takes multiples of {step:f}"
            state.out.notice(Level.WARN, text, "FLATTEN", instrument.symbol)
            continue
        intent = f"flatten:{state.next_order}:{instrument.symbol}:{leg.value}"
        short = leg is Leg.NO and instrument in state.options.held  # bought back: a derivative has no other share
        sale = Place(
            instrument=instrument, side=Side.BUY if short else Side.SELL, leg=Leg.YES if short else leg, qty=qty,
            intent=intent, origin="flatten", tif=Tif.IOC,
        )  # fmt: skip
        dealing.place(state, sale, Nanos(state.pressed[-1][0] if state.pressed else 0), whole=True)
