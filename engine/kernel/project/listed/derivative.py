"""Options, futures and perpetuals where shares of outcomes are shown, too: positions, leaving them, the ticket.

Prices are in the currency that they are quoted in, never in cents.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import Tif
from engine.core.ids import MarketId
from engine.core.units import MICRO, NO_MONEY, NOTHING, Leg, Lots, Money, Nanos, Qty, Side
from engine.kernel import dealing, weighing
from engine.kernel.options import holding, stressing
from engine.kernel.project import names
from engine.kernel.project.doubts import Facts, doubts
from engine.kernel.project.listed import greeks, instruments
from engine.maths import contracts
from engine.portfolio.netting import Traded
from engine.portfolio.netting import book as netted
from engine.risk import gates
from engine.views.account import PositionLine
from engine.views.preview import Preview

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.commands import Place
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.orders.register import Order
    from engine.portfolio.position import Position
    from engine.risk.gate import Gate
    from engine.risk.measures import Measure
    from engine.views.preview import GateLine

    Stands = tuple[tuple[Gate, Measure], ...]

ZERO: Final = Decimal(0)
HOW: Final = {"of_underlying": "of the underlying", "of_value": "of the value", "of_cost": "of the cost"}


def of(state: State, instrument: InstrumentId) -> Listing | None:
    """Return the listing of a derivative; None of anything else, or of what is not known."""
    listing = state.listings.get(instrument)
    return listing if listing is not None and contracts.is_derivative(listing.instrument) else None


def side(place_side: Side, leg: Leg) -> str:
    """Return a trade's side in one word: there is no other share to name."""
    return (place_side if leg is Leg.YES else Side.SELL if place_side is Side.BUY else Side.BUY).value.upper()


def average_of(order: Order) -> float | None:
    """Return the average price that an order traded at, as it is quoted; None before it did."""
    known = list(order.trades.values())
    qty = sum((one.qty for one in known), ZERO)
    return float(sum((one.price * one.qty for one in known), ZERO) / qty) if qty else None


def position(state: State, listing: Listing, leg: Leg, held: Position) -> PositionLine:
    """Return a position; its greatest loss is that of the stress grid, and a gain has no bound that is told."""
    one = listing.instrument
    quoted, source = holding.price(listing)
    gain = holding.unrealised(state, listing)
    average = holding.average(state, listing)
    told = None if gain is None else Money(gain.quantize(MICRO))
    return PositionLine(
        instrument=one.id,
        market=MarketId(one.family or one.id.symbol),
        name=names.whole(one),
        leg="LONG" if leg is Leg.YES else "SHORT",
        qty=held.qty,
        average=0.0 if average is None else float(average),
        mark=None if quoted is None else float(quoted),
        mark_from=source,
        unrealised=told,
        realised=held.realised,
        fees=held.fees,
        net=None if told is None else Money(told + held.realised - held.fees),
        max_loss=stressing.alone_held(state, listing),
        max_win=None,
        closes=one.closes,
        source=f"{instruments.venue_title(state, one.id.venue)} {listing.status}",
        currency=greeks.currency(one),
    )


def leaving(listing: Listing, leg: Leg, qty: Decimal) -> Money | None:
    """Return what closing `qty` into the book now would lose against the mark, fees included; None where too thin."""
    one = listing.instrument
    quoted, _ = holding.price(listing)
    closing = Side.SELL if leg is Leg.YES else Side.BUY
    found = meets(listing, closing, Qty(qty), None)
    if quoted is None or found.taken < qty or found.cost is None or found.fee is None:
        return None
    if contracts.booking(one) is contracts.Booking.INVERSE:
        worst = found.worst or quoted
        off = abs(quoted / worst - 1) * found.cost
        return Money((off + found.fee).quantize(MICRO))
    worth = contracts.cost(one, quoted, qty, holding.index(listing))
    if worth is None:
        return None
    lost = worth - found.cost if leg is Leg.YES else found.cost - worth
    return Money(lost + found.fee)


class Meets:
    """What an order would take of the book that stands."""

    __slots__ = ("cost", "fee", "quoted", "taken", "worst")

    def __init__(self) -> None:
        self.taken: Qty = NOTHING
        self.quoted: Decimal = ZERO
        """Sum of price times quantity."""
        self.cost: Money | None = NO_MONEY
        self.fee: Money | None = NO_MONEY
        """Dollars; None where they cannot be told."""
        self.worst: Decimal | None = None


def meets(listing: Listing, side_: Side, qty: Qty, limit: int | None) -> Meets:
    """Return what stands against an order up to its limit, walked level by level with the taker's fee."""
    one, found = listing.instrument, Meets()
    left, index = Lots(int(qty / one.lot)), holding.index(listing)
    for price, lots in listing.book.levels(Side.SELL if side_ is Side.BUY else Side.BUY):
        beyond = limit is not None and (price > limit if side_ is Side.BUY else price < limit)
        if beyond or not left:
            break
        some, each = Qty(min(left, lots) * one.lot), price * one.unit
        cost = contracts.cost(one, each, some, index)
        fee = contracts.fee(one, side_, each, some, index, maker=False)
        found.cost = None if cost is None or found.cost is None else Money(found.cost + cost)
        found.fee = None if fee is None or found.fee is None else Money(found.fee + fee)
        found.taken, found.quoted, found.worst = Qty(found.taken + some), found.quoted + some * each, each
        left = Lots(left - min(left, lots))
    return found


def preview(state: State, place: Place, lines: Callable[[Stands], tuple[GateLine, ...]]) -> Preview:
    """Return what an order would do if it were sent now; prices of the card are as quoted."""
    listing, desk = state.listings[place.instrument], state.desks[place.instrument.venue]
    shaped = dealing.shape(state, listing, place)
    found = weighing.probe(state, desk, listing, shaped, Nanos(0))
    found.duplicates = found.last_2s = found.last_minute = 0  # pace is judged when it is sent
    stands = gates.measure(found, state.limits)
    refused = next(((g, m) for g, m in stands if m.refuses and not g.warns), None)
    one, index = listing.instrument, holding.index(listing)
    qty = shaped.qty if shaped.qty is not None and dealing.is_number(shaped.qty) and shaped.qty > 0 else NOTHING
    met = Meets() if shaped.post_only else meets(listing, shaped.side, qty, shaped.price)
    rests = Qty(qty - met.taken) if shaped.tif in {Tif.GTC, Tif.GTD} else NOTHING
    rest_at = ZERO if shaped.price is None else shaped.price * one.unit
    rest = contracts.cost(one, rest_at, rests, index) if rests else NO_MONEY
    rest_fee = contracts.fee(one, shaped.side, rest_at, rests, index, maker=True) if rests else NO_MONEY
    whole = Qty(met.taken + rests)
    cost = None if met.cost is None or rest is None else Money(met.cost + rest)
    fee = None if met.fee is None or rest_fee is None else Money(met.fee + rest_fee)
    average = float((met.quoted + rests * rest_at) / whole) if whole else None
    alone = None if found.reach is None else found.reach.alone
    if contracts.booking(one) is not contracts.Booking.PREMIUM:
        cost = NO_MONEY if whole else None  # nothing but gains and losses moves
    paid = cost if cost is None or shaped.side is Side.BUY else Money(-cost)
    asked = doubts(
        state, shaped, Facts(whole or None, paid, fee, None, _float(holding.each(listing)), found.reducing), stands
    )
    return Preview(
        instrument=place.instrument,
        intent=place.intent,
        words=_words(one, shaped, whole, average, paid, fee),
        qty=whole or None,
        cost=paid if whole else None,
        fee=fee if whole else None,
        fee_words=f"{'taker' if met.taken else 'maker'} · {HOW.get(one.fee.kind, one.fee.kind)}" if whole else "",
        average=average,
        worst=_float(met.worst),
        max_loss=None if alone is None else Money(-alone),
        max_win=None,
        breakeven=None,
        model=None,
        edge=None,
        edge_money=None,
        kelly=None,
        kelly_qty=None,
        position_after=_after(state, listing, shaped, met, rests),
        gates=lines(stands),
        refused_by="" if refused is None else refused[0].code,
        refused_why="" if refused is None else refused[1].text,
        warnings=asked,
        confirm=bool(asked),
        currency=greeks.currency(one),
    )


def _words(
    one: Instrument, place: Place, qty: Qty, average: float | None, cost: Money | None, fee: Money | None
) -> str:  # fmt: skip
    """Return the words of the button, such as ``BUY 1 C 76 000 31 JUL @ 0.0505 BTC  $3048.00``."""
    size = qty or place.qty
    head = f"{side(place.side, place.leg)} {'' if size is None else f'{size.normalize():f} '}{names.derivative(one)}"
    if average is None:
        return head
    places = max(0, -int(one.unit.normalize().as_tuple().exponent))
    at = f"{head} @ {average:.{places}f} {greeks.currency(one)}"
    if cost is None or fee is None or not cost:
        return at
    return f"{at}  ${abs(cost + fee):.2f}"


def _after(state: State, listing: Listing, place: Place, met: Meets, rests: Qty) -> str:
    one = listing.instrument
    held: dict[tuple[InstrumentId, Leg], Position] = {(one.id, leg): state.book.get(one.id, leg) for leg in Leg}
    if met.taken and met.cost is not None and met.fee is not None:
        price = met.quoted / met.taken
        traded = Traded(place.side, place.leg, met.taken, met.cost, price)
        netted(held, one.id, traded, met.fee, nets=contracts.booking(one))
    long, short = held[one.id, Leg.YES].qty, held.get((one.id, Leg.NO))
    amount = long - (ZERO if short is None else short.qty)
    text = f"{'long' if amount > 0 else 'short'} {abs(amount).normalize():f}" if amount else "flat"
    return f"{text}, {rests.normalize():f} resting" if rests else text


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
