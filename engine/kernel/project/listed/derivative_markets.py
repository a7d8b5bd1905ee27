"""Options, futures and perpetuals in the tree of markets: by venue, underlying and expiry, and never all there are.

A venue lists thousands. Shown are its futures and perpetuals, and of options the expiries that are watched, held or
have an order of ours: of each the strikes around the money, and whatever we have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.units import NOTHING, Nanos, Qty
from engine.kernel.options import chains, holding
from engine.kernel.project import names
from engine.kernel.project.listed import chain, greeks, instruments
from engine.maths import contracts
from engine.views import topics
from engine.views.market import MarketRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.views.topics import ChainKey

OVER: Final = chains.OVER
CHAINS: Final = 8
"""Expiries, the soonest first."""
STRIKES: Final = 20
"""Of an expiry, those nearest to the forward."""
FUTURES: Final = 60
"""Futures and perpetuals."""


def rows(state: State) -> tuple[MarketRow, ...]:
    """Return them by venue and underlying: futures first, then each expiry."""
    if not state.options.venues:
        return ()
    ours = _ours(state)
    found = [*_futures(state, ours), *_options(state, ours)]
    found.sort(key=lambda row: (row[0], row[1]))  # rows of one market keep their order
    return tuple(row for _, _, some in found for row in some)


def _ours(state: State) -> frozenset[InstrumentId]:
    """Return what we hold, or have an open order in."""
    return frozenset((*state.options.held, *(order.place.instrument for order in state.register.open())))


Group = tuple[tuple[str, str], tuple[int, str], list[MarketRow]]
"""Where a market stands: venue and underlying, then when it ends; and its rows."""


def _futures(state: State, ours: frozenset[InstrumentId]) -> Iterable[Group]:
    """Yield the futures and perpetuals of each family."""
    left = FUTURES
    for family in sorted(state.families.values(), key=lambda one: one.id):
        known = instruments.members(state, family.id)
        some = [
            one for one in known if contracts.is_derivative(one.instrument) and not contracts.is_option(one.instrument)
        ]
        some = [one for one in some if one.status not in OVER or one.instrument.id in ours]
        some.sort(key=lambda one: (one.instrument.expires or 0, one.instrument.id.symbol))
        some, left = some[:left], max(0, left - len(some))
        if some:
            first = some[0].instrument
            yield (
                (first.id.venue, first.underlying),
                (0, family.title),
                [_row(state, one, family.title, one.instrument.label or one.instrument.id.symbol, near=n == 0)
                 for n, one in enumerate(some)],
            )  # fmt: skip


def _options(state: State, ours: frozenset[InstrumentId]) -> Iterable[Group]:
    """Yield the expiries that are watched, held or ordered in."""
    wanted = {key for desk in state.desks.values() for text in desk.watched if (key := topics.chain_key(text))}
    listed = (state.listings[one].instrument for one in ours if one in state.listings)
    wanted |= {key for one in listed if (key := chains.key_of(one))}
    for key in [key for key in chains.ordered(state) if key in wanted][:CHAINS]:
        some = [state.listings[one] for one in state.options.chains[key] if one in state.listings]
        some = [one for one in some if one.status not in OVER or one.instrument.id in ours]
        if some:
            yield (key.venue, key.underlying), (key.expires, key.settles_in), _strikes(state, key, some, ours)


def _strikes(state: State, key: ChainKey, some: list[Listing], ours: frozenset[InstrumentId]) -> list[MarketRow]:
    """Return the strikes around the forward, the lowest first, and those that we have something in."""
    at = chain.forward_of(some) or chain.index_of(some)
    strikes = sorted({_strike(one.instrument) for one in some})
    middle = strikes[len(strikes) // 2] if at is None else min(strikes, key=lambda one: abs(float(one) - at))
    where = max(0, min(strikes.index(middle) - STRIKES // 2, len(strikes) - STRIKES))
    shown = set(strikes[where : where + STRIKES])
    some = [one for one in some if _strike(one.instrument) in shown or one.instrument.id in ours]
    some.sort(key=lambda one: (_strike(one.instrument), one.instrument.payoff.value))
    first = some[0].instrument
    settles = "" if first.inverse else f" ({key.settles_in})"
    event = f"{key.underlying} {_day(first)}{settles}"
    nearest = next((one for one in some if _strike(one.instrument) == middle), some[0])
    return [
        _row(state, one, event, f"{_strike(one.instrument):f} {names.kind(one.instrument)}", near=one is nearest)
        for one in some
    ]


def _strike(one: Instrument) -> Decimal:
    return (one.exercise or NOTHING).normalize()


def _day(one: Instrument) -> str:
    """Return an expiry as the chain's rows name it, such as ``2 OCT``."""
    return " ".join(names.derivative(one).split()[-2:])


def _row(state: State, listing: Listing, event: str, label: str, *, near: bool) -> MarketRow:
    one, quote = listing.instrument, chain.quote(listing)
    volume = sum((instruments.qty(one, trade.lots) for trade in listing.tape), NOTHING)
    return MarketRow(
        instrument=one.id,
        market=names.market_id(state, one.id),
        group=f"{instruments.venue_title(state, one.id.venue)} · {one.underlying}",
        event=names.short_title(event),
        station="",
        label=label,
        cell="",
        status=listing.status,
        closes=one.closes or Nanos(0),
        bid=None,
        ask=None,
        mid=None,
        model=None,
        edge=None,
        overround=None,
        position=Qty(holding.signed(state, one.id)),
        volume=Qty(volume),
        currency=greeks.currency(one),
        bid_text=_text(one, quote.bid),
        ask_text=_text(one, quote.ask),
        near=near,
    )


def _text(one: Instrument, price: Decimal | None) -> str:
    """Return a price with the decimals of its ticks; empty of none."""
    return "" if price is None else f"{price.quantize(one.unit.normalize()):f}"
