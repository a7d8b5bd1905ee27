"""The chain of one expiry: both options of each strike, with quotes, volatilities and greeks; and all expiries."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.instrument import Payoff
from engine.core.units import DAY, Lots, Side, Ticks
from engine.kernel.options import chains, holding, sensing
from engine.kernel.project.listed import instruments, smiles
from engine.maths.implied import implied_vols
from engine.options.greeks import years_left
from engine.views import topics
from engine.views.options import ChainRow, ChainView, ExpiriesView, ExpiryLine, OptionSide

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from engine.core.ids import InstrumentId
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.views.topics import ChainKey

YEAR_DAYS: Final = 365.0
QUARTER: Final = 0.25
"""Delta at which skew is told."""


class Quote(NamedTuple):
    """Best prices of an option and their sizes, in its own currency."""

    bid: Decimal | None
    ask: Decimal | None
    bid_qty: Decimal | None
    ask_qty: Decimal | None
    stale: str


def view(state: State, text: str) -> ChainView | None:
    """Return the chain of a key; None where no option of it is known."""
    key = topics.chain_key(text)
    found = [] if key is None else _listings(state, key)
    if key is None or not found:
        return None
    first = found[0].instrument
    forward, index = forward_of(found), index_of(found)
    quotes = {one.instrument.id: quote(one) for one in found}
    implied = _implied(state, found, quotes, forward)
    stale = {name: bool(one.stale) for name, one in quotes.items()}
    smile = smiles.of(state, key, found, implied, stale, forward, _days(state, key) / YEAR_DAYS)
    rows = _rows(state, found, quotes, implied, smiles.at(smile, found, forward))
    desk = state.desks.get(first.id.venue)
    mood, note = _mood(state, found)
    return ChainView(
        key=text,
        venue=first.id.venue,
        venue_title=instruments.venue_title(state, first.id.venue),
        underlying=key.underlying,
        settles_in=key.settles_in,
        currency=key.underlying if first.inverse else key.settles_in,
        inverse=first.inverse,
        expires=first.expires or state.now,
        days=_days(state, key),
        forward=forward,
        index=index,
        dollars=index if first.inverse else 1.0,
        atm_iv=atm(found, forward),
        skew=_skew(rows),
        rows=rows,
        followed=desk is not None and desk.followed.issuperset(one.instrument.id for one in found),
        state=mood,
        note=note,
        now=state.now,
        smile=smiles.told(smile),
    )


def expiries(state: State) -> ExpiriesView:
    """Return every chain that is not over."""
    keys = (key for key in chains.ordered(state) if not chains.ends(state, key))
    return ExpiriesView(rows=tuple(_line(state, key) for key in keys), now=state.now)


def _line(state: State, key: ChainKey) -> ExpiryLine:
    found = _listings(state, key)
    desk = state.desks.get(found[0].instrument.id.venue)
    forward = forward_of(found)
    return ExpiryLine(
        key=key.text,
        venue=found[0].instrument.id.venue,
        venue_title=instruments.venue_title(state, found[0].instrument.id.venue),
        underlying=key.underlying,
        settles_in=key.settles_in,
        inverse=found[0].instrument.inverse,
        expires=found[0].instrument.expires or state.now,
        days=_days(state, key),
        options=sum(one.status not in chains.OVER for one in found),
        atm_iv=atm(found, forward),
        forward=forward,
        held=sum(one.instrument.id in state.options.held for one in found),
        followed=desk is not None and key.text in desk.watched,
    )


def _listings(state: State, key: ChainKey) -> list[Listing]:
    known = (state.listings.get(one) for one in state.options.chains.get(key, ()))
    return [one for one in known if one is not None]


def _days(state: State, key: ChainKey) -> float:
    return max(0, key.expires - state.now) / DAY


def _newest(found: Iterable[Listing]) -> Listing | None:
    """Return the option that was marked last."""
    marked = [one for one in found if one.mark is not None]
    return max(marked, key=lambda one: one.mark.at if one.mark is not None else 0, default=None)


def forward_of(found: Iterable[Listing]) -> float | None:
    """Return the forward that came with the newest mark; None where none did."""
    newest = _newest(one for one in found if one.mark is not None and one.mark.forward is not None)
    return None if newest is None or newest.mark is None or newest.mark.forward is None else float(newest.mark.forward)


def index_of(found: Iterable[Listing]) -> float | None:
    """Return the index that came with the newest mark; None where none did."""
    newest = _newest(one for one in found if one.mark is not None and one.mark.index is not None)
    return None if newest is None or newest.mark is None or newest.mark.index is None else float(newest.mark.index)


def _mood(state: State, found: Sequence[Listing]) -> tuple[str, str]:
    """Return a dock's state and why: that of the venue's link, since no chain is whole on one book."""
    by = state.session.halted_by
    if by:
        return "halted", f"halted by {by}"
    desk = state.desks.get(found[0].instrument.id.venue)
    if desk is None or not desk.market_up:
        return "stale", "The venue's link is down: its last prices."
    if all(one.status in chains.OVER for one in found):
        return "stale", f"The expiry is {found[0].status}."
    if all(one.mark is None and one.book_at is None for one in found):
        return "loading", "No price of this expiry has come yet."
    return "live", ""


def quote(listing: Listing) -> Quote:
    """Return best bid and ask: of the book where there is a sound one, else as the venue told with its mark."""
    one, book, mark = listing.instrument, listing.book, listing.mark
    if not listing.stale:
        bid, ask = book.best_bid, book.best_ask
        sizes = tuple(
            None if lots is None else lots * one.lot
            for lots in (_top(listing, bid, buy=True), _top(listing, ask, buy=False))
        )
        return Quote(
            None if bid is None else bid * one.unit, None if ask is None else ask * one.unit, sizes[0], sizes[1], ""
        )
    if mark is None:
        return Quote(None, None, None, None, listing.stale)
    return Quote(
        None if mark.bid is None else mark.bid * one.unit,
        None if mark.ask is None else mark.ask * one.unit,
        None if mark.bid_lots is None else mark.bid_lots * one.lot,
        None if mark.ask_lots is None else mark.ask_lots * one.lot,
        "",
    )


def _top(listing: Listing, price: int | None, *, buy: bool) -> Lots | None:
    if price is None:
        return None
    return listing.book.lots(Side.BUY if buy else Side.SELL, Ticks(price)) or None


def _rows(
    state: State, found: Sequence[Listing], quotes: dict[InstrumentId, Quote],
    implied: dict[InstrumentId, tuple[float | None, float | None]], model: dict[InstrumentId, float],
) -> tuple[ChainRow, ...]:  # fmt: skip
    working: dict[InstrumentId, int] = {}
    for order in state.register.open():
        working[order.place.instrument] = working.get(order.place.instrument, 0) + 1
    strikes: dict[Decimal, dict[Payoff, OptionSide]] = {}
    for one in found:
        strike = one.instrument.exercise
        if strike is not None:
            name = one.instrument.id
            made = _side(state, one, quotes[name], implied[name], model.get(name), working)
            strikes.setdefault(strike, {})[one.instrument.payoff] = made
    return tuple(
        ChainRow(strike=strike, call=sides.get(Payoff.CALL), put=sides.get(Payoff.PUT))
        for strike, sides in sorted(strikes.items())
    )


def _implied(
    state: State, found: Sequence[Listing], quotes: dict[InstrumentId, Quote], forward: float | None
) -> dict[InstrumentId, tuple[float | None, float | None]]:
    """Return the volatilities that bids and asks imply, at the forward that came with each where one did."""
    if forward is None:
        return dict.fromkeys(quotes, (None, None))
    ids = [one.instrument.id for one in found]
    said = [None if one.mark is None else _float(one.mark.forward) for one in found]
    forwards = [forward if one is None else one for one in said]
    each = [own if one.instrument.inverse else 1.0 for one, own in zip(found, forwards, strict=True)]
    strikes = [float(one.instrument.exercise or math.nan) for one in found]
    years = [years_left(one.instrument, state.now) for one in found]
    puts = [one.instrument.payoff is Payoff.PUT for one in found]
    ticks = [float(one.instrument.unit) * scale for one, scale in zip(found, each, strict=True)]
    told = [quotes[one].bid for one in ids] + [quotes[one].ask for one in ids]
    prices = [math.nan if p is None else float(p) * k for p, k in zip(told, 2 * each, strict=True)]
    # bids and asks in one call: of so few, what an array's operation costs is its beginning
    some = implied_vols(prices, 2 * forwards, 2 * strikes, 2 * years, 2 * puts, least=2 * ticks)
    vols = [float(vol) if ok else None for vol, ok in zip(some.vol, some.known, strict=True)]
    return dict(zip(ids, zip(vols[: len(ids)], vols[len(ids) :], strict=True), strict=True))


def _side(
    state: State, listing: Listing, one: Quote, implied: tuple[float | None, float | None], model: float | None,
    working: dict[InstrumentId, int],
) -> OptionSide:  # fmt: skip
    instrument, mark = listing.instrument, listing.mark
    found = sensing.unit(state, listing)
    size = float(instrument.contract_size)
    ages = [age for age in (holding.age_s(state, listing), instruments.age_s(state, listing)) if age is not None]
    return OptionSide(
        instrument=instrument.id,
        bid=_float(one.bid),
        ask=_float(one.ask),
        bid_qty=one.bid_qty,
        ask_qty=one.ask_qty,
        mid=None if one.bid is None or one.ask is None else float(one.bid + one.ask) / 2,
        mark=None if mark is None else _float(mark.price),
        bid_iv=implied[0],
        ask_iv=implied[1],
        mark_iv=None if mark is None else mark.mark_iv,
        model_iv=model,
        delta=None if found is None else found.delta / size,
        gamma=None if found is None else found.gamma / size,
        vega=None if found is None else found.vega / size,
        theta=None if found is None else found.theta / size,
        greeks_from="" if found is None else found.source,
        open_interest=None if mark is None else mark.open_interest,
        qty=holding.signed(state, instrument.id),
        working=working.get(instrument.id, 0),
        age_s=min(ages, default=None),
        stale=one.stale,
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def atm(found: Iterable[Listing], forward: float | None) -> float | None:
    """Return the mark's volatility at the forward, in a straight line between the strikes on its two sides."""
    if forward is None:
        return None
    known: dict[float, float] = {}
    for one in found:
        strike, mark = one.instrument.exercise, one.mark
        if strike is not None and mark is not None and mark.mark_iv:
            known.setdefault(float(strike), mark.mark_iv)
    below = max((k for k in known if k <= forward), default=None)
    above = min((k for k in known if k >= forward), default=None)
    if below is None or above is None:
        return None
    return _between(below, known[below], above, known[above], forward)


def _skew(rows: Iterable[ChainRow]) -> float | None:
    """Return the volatility of the put at delta -0.25 less that of the call at 0.25."""
    sides = [(row.call, row.put) for row in rows]
    call = _at_delta((c for c, _ in sides), QUARTER)
    put = _at_delta((p for _, p in sides), -QUARTER)
    return None if call is None or put is None else put - call


def _at_delta(some: Iterable[OptionSide | None], delta: float) -> float | None:
    known = sorted(
        (one.delta, one.mark_iv) for one in some if one is not None and one.delta is not None and one.mark_iv
    )
    below = max((one for one in known if one[0] <= delta), default=None)
    above = min((one for one in known if one[0] >= delta), default=None)
    if below is None or above is None:
        return None
    return _between(below[0], below[1], above[0], above[1], delta)


def _between(x0: float, y0: float, x1: float, y1: float, x: float) -> float:
    return y0 if x1 == x0 else y0 + (y1 - y0) * (x - x0) / (x1 - x0)
