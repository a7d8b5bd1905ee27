"""The ladder of an option, a future or a perpetual: its prices as they are quoted, around the market."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from engine.core.units import MICRO, Leg, Money, Qty, Side, Ticks
from engine.kernel.options import holding
from engine.kernel.project import gates, names, own
from engine.kernel.project.listed import derivative_grid as rowed
from engine.kernel.project.listed import greeks, instruments
from engine.kernel.project.listed.ladder import NONE, Mine, arriving, running, together, wanted
from engine.kernel.state import TAPE_NS
from engine.maths import contracts, fees
from engine.maths.contracts import Booking
from engine.views.ladder import LadderRow, LadderView, Scale

if TYPE_CHECKING:
    from engine.core.instrument import Instrument
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.orders.register import Order
    from engine.portfolio.position import Position

ZERO: Final = Decimal(0)
TOP: Final = 2**62
"""Above every price: only shares of outcomes have a highest one."""
CENT: Final = Decimal("0.01")


def view(state: State, listing: Listing) -> LadderView:
    """Return the ladder of a derivative, highest price first.

    Averages and the like are in hundreds of ticks, as those of shares are in cents.
    """
    one = listing.instrument
    dock, why = instruments.mood(state, listing)
    lamps = gates.lamps(state, one.id.venue)
    refusing = [code for code, lamp in lamps.items() if lamp == "REFUSING"]
    gain, average = holding.unrealised(state, listing), holding.average(state, listing)
    amount = holding.signed(state, one.id)
    found = _in_sight(state, listing, rowed.rows(listing))
    scale = scale_of(listing)

    def row_of(price: Ticks, rises: bool) -> Ticks:  # a side
        return rowed.shown_at(one.grid, found, price, up=not rises) or price

    return LadderView(
        instrument=one.id,
        title=names.whole(one) if contracts.is_option(one) else one.title[: names.NARROW],
        subtitle=" · ".join(part for part in (instruments.venue_title(state, one.id.venue), _marked(listing)) if part),
        status=listing.status,
        state=dock if found or dock == "halted" else "loading",
        why=why or ("" if found else "No price has come yet."),
        rows=_rows(state, listing, found),
        best_bid=_best(listing, found, Side.BUY),
        best_ask=_best(listing, found, Side.SELL),
        last=None if listing.last is None else rowed.shown_at(one.grid, found, listing.last.price, up=False),
        fair=None,
        average=None if average is None else float(average / one.unit) / 100.0,
        breakeven=_breakeven(state, listing),
        position=Qty(amount),
        position_text="" if not amount or average is None else f"{amount.normalize():+f} @ {quoted(scale, average)}",
        position_pnl=None if gain is None or not amount else Money(gain.quantize(MICRO)),
        curve=False,
        b=None,
        max_loss=None,
        closes=one.closes or state.now,
        gates_ok=sum(lamp == "OK" for lamp in lamps.values()),
        gates_near=sum(lamp == "NEAR" for lamp in lamps.values()),
        refusing=halter if (halter := state.session.halted_by) in refusing else next(iter(refusing), ""),
        orders=own.working(state, one.id, TOP, row_of),
        ended=own.ended(state, one.id, TOP, row_of),
        scale=scale,
        followed=(desk := state.desks.get(one.id.venue)) is None or one.id in desk.followed,
    )


def quoted(scale: Scale, price: Decimal) -> str:
    """Return a price as it is quoted, such as ``0.0505 BTC``; an average may lie between two ticks."""
    return f"{round(price, scale.places + 1).normalize():f} {scale.currency}"


def scale_of(listing: Listing) -> Scale:
    """Return how a derivative is quoted: the unit of its prices, the steps of its sizes, and its fees in words."""
    one = listing.instrument
    each = contracts.dollars(one, holding.index(listing))
    premium = contracts.booking(one) is Booking.PREMIUM
    return Scale(
        unit=one.unit,
        places=max(0, -int(one.unit.normalize().as_tuple().exponent)),
        currency=greeks.currency(one),
        step=one.step,
        least=Decimal(one.least),
        of=_counted(one),
        worth=None if each is None or not premium else each * one.contract_size,
        fees=_fees(listing),
    )


def _counted(one: Instrument) -> str:
    """Return what quantities count: dollars of face value, or so much of the coin."""
    if contracts.booking(one) is Booking.INVERSE:
        return "USD"
    return one.underlying if one.contract_size == 1 else f"× {one.contract_size.normalize():f} {one.underlying}"


def _marked(listing: Listing) -> str:
    """Return the venue's mark as it is quoted, and in dollars where that is something else."""
    one, mark = listing.instrument, listing.mark
    if mark is None or mark.price is None:
        return ""
    text = f"mark {mark.price.normalize():f} {greeks.currency(one)}"
    each = contracts.dollars(one, mark.index)
    return f"{text} = ${mark.price * each:.2f}" if each is not None and each != 1 else text


def _fees(listing: Listing) -> str:
    """Return the fee schedule in words, and what one step of the size would pay now as a taker and as a maker."""
    one, rule = listing.instrument, listing.instrument.fee
    if rule.kind == "none":
        return "no fee"
    of = "the underlying" if rule.kind == fees.OF_UNDERLYING else "what they come to"
    most = f", at most {_percent(rule.cap)} of the premium" if rule.cap else ""
    told = f"taker {_percent(rule.rate)}, maker {_percent(rule.maker_rate)} of {of}{most}"
    if rule.delivery:
        told += f"; at delivery {_percent(rule.delivery)} of the underlying{most}"
    now, index = rowed.middle(listing), holding.index(listing)
    if now is None:
        return told
    least = Qty(Decimal(one.least))
    paid = [contracts.fee(one, Side.BUY, now * one.unit, least, index, maker=maker) for maker in (False, True)]
    if any(fee is None for fee in paid):
        return told
    taker, maker = (_dollars(fee or ZERO) for fee in paid)
    return f"{told}. For {least.normalize():f} {_counted(one)} now: taker {taker}, maker {maker}"


def _dollars(fee: Decimal) -> str:
    return f"${fee:.2f}" if fee >= CENT or not fee else f"${fee:.4f}"


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"


def _in_sight(state: State, listing: Listing, found: tuple[Ticks, ...]) -> tuple[Ticks, ...]:
    """Return the rows with those around the best prices and next to our own orders: these are never out of sight."""
    if not found:
        return found
    one, book, more = listing.instrument, listing.book, set[Ticks]()
    for order in state.register.working(one.id):
        for price in (order.place.price, None if order.amending is None else order.amending[0]):
            if price is not None and not found[0] < price < found[-1]:
                more.update((price, *rowed.around(one.grid, price, 1)))
    for best in (book.best_bid, book.best_ask):
        if best is not None:
            near = rowed.around(one.grid, best, rowed.NEAR)
            if near and not found[0] <= near[0] <= near[-1] <= found[-1]:
                more.update((best, *near))
    return tuple(sorted(more.union(found))) if more else found


def _best(listing: Listing, found: tuple[Ticks, ...], side: Side) -> Ticks | None:
    best = listing.book.best_bid if side is Side.BUY else listing.book.best_ask
    return None if best is None else rowed.shown_at(listing.instrument.grid, found, best, up=side is Side.SELL)


def _rows(state: State, listing: Listing, found: tuple[Ticks, ...]) -> tuple[LadderRow, ...]:
    bids, all_bids = _sums(listing, found, Side.BUY)
    asks, all_asks = _sums(listing, found, Side.SELL)
    cum_bid, cum_ask = running(all_bids, descending=True), running(all_asks, descending=False)
    prints, mine = _prints(state, listing, found), _mine(state, listing, found)
    long, short = instruments.held(state, listing.instrument.id)
    flat = not long.qty and not short.qty
    index = None if flat else holding.index(listing)
    results = (None,) * len(found) if flat else _exits(listing.instrument, found, long, short, index)
    rows = []
    for price, result in zip(found, results, strict=True):
        bid_side, ask_side = mine.get((price, Side.BUY), NONE), mine.get((price, Side.SELL), NONE)
        sold, bought = prints.get(price, (None, None))
        rows.append(
            LadderRow(
                price=price, bid=bids.get(price), ask=asks.get(price), cum_bid=cum_bid.get(price),
                cum_ask=cum_ask.get(price), mine_bid=bid_side.text, mine_bid_state=bid_side.state,
                mine_bid_ids=bid_side.ids, mine_ask=ask_side.text, mine_ask_state=ask_side.state,
                mine_ask_ids=ask_side.ids, sold=sold, bought=bought, edge=None, exit=result,
            )
        )  # fmt: skip
    rows.reverse()
    return tuple(rows)


def _sums(listing: Listing, found: tuple[Ticks, ...], side: Side) -> tuple[dict[Ticks, Qty], dict[Ticks, Qty]]:
    """Return what stands at each row of a side, and that with all from the row before on; levels beyond are in none."""
    one, up = listing.instrument, side is Side.SELL
    step = max((band.step for band in one.grid), default=1)
    sums: dict[Ticks, int] = {}
    whole: dict[Ticks, int] = {}
    for price, lots in listing.book.levels(side):
        row = rowed.row_of(found, price, up=up)
        if row is None:
            continue
        whole[row] = whole.get(row, 0) + lots
        if row == price or (abs(row - price) < step and rowed.shown_at(one.grid, found, price, up=up) is not None):
            sums[row] = sums.get(row, 0) + lots
    at, all_at = ({row: instruments.qty(one, lots) for row, lots in some.items()} for some in (sums, whole))
    return at, all_at


def _prints(
    state: State, listing: Listing, found: tuple[Ticks, ...]
) -> dict[Ticks, tuple[Qty | None, Qty | None]]:  # fmt: skip
    """Return what was sold and bought at each row within the tape's window."""
    sums: dict[Ticks, list[Decimal]] = {}
    for trade in reversed(listing.tape):
        if state.now - trade.at > TAPE_NS:
            break
        row = rowed.shown_at(listing.instrument.grid, found, trade.price, up=False)
        if trade.taker is not None and row is not None:
            both = sums.setdefault(row, [ZERO, ZERO])
            both[trade.taker is Side.BUY] += instruments.qty(listing.instrument, trade.lots)
    return {row: (Qty(s) if s else None, Qty(b) if b else None) for row, (s, b) in sums.items()}


def _mine(state: State, listing: Listing, found: tuple[Ticks, ...]) -> dict[tuple[Ticks, Side], Mine]:
    """Return our open orders by row and side; one that is being moved stands where it was and where it is to go."""
    groups: dict[tuple[Ticks, Side], list[Order]] = {}
    moving: dict[tuple[Ticks, Side], Mine] = {}
    grid = listing.instrument.grid
    for order in state.register.working(listing.instrument.id):
        side, up = order.place.side, order.place.side is Side.SELL
        if order.place.price is None or not found:
            continue
        row = rowed.shown_at(grid, found, order.place.price, up=up)
        if row is not None:
            groups.setdefault((row, side), []).append(order)
        asked = wanted(state, order)
        to = None if asked is None else rowed.shown_at(grid, found, asked[0], up=up)
        if asked is not None and to is not None:
            moving[to, side] = arriving(order, asked[1])
    return moving | {key: together(orders) for key, orders in groups.items()}


@lru_cache(maxsize=16)
def _exits(
    one: Instrument, found: tuple[Ticks, ...], long: Position, short: Position, index: Decimal | None
) -> tuple[Money | None, ...]:
    """Return the result in dollars of closing a position at each row as a taker; None where it cannot be told."""
    return tuple(_exit(one, price * one.unit, long, short, index) for price in found)


def _exit(one: Instrument, price: Decimal, long: Position, short: Position, index: Decimal | None) -> Money | None:
    total = ZERO
    for held, leg in ((long, Leg.YES), (short, Leg.NO)):
        if not held.qty:
            continue
        if contracts.booking(one) is Booking.INVERSE:
            worth: Decimal | None = held.quoted * price
        else:
            worth = contracts.cost(one, price, held.qty, index)
        fee = contracts.fee(one, Side.SELL if leg is Leg.YES else Side.BUY, price, held.qty, index, maker=False)
        if worth is None or fee is None:
            return None
        total += (worth - held.cost if leg is Leg.YES else held.cost - worth) - fee
    return Money(total.quantize(CENT))


def _breakeven(state: State, listing: Listing) -> float | None:
    """Return the price at which closing pays back cost and fees so far; None where that takes what is not known."""
    one = listing.instrument
    each = contracts.dollars(one, holding.index(listing))
    if listing.status == "settled" or each is None or contracts.booking(one) is Booking.INVERSE:
        return None
    long, short = instruments.held(state, one.id)
    held, sign = (long, 1) if long.qty else (short, -1)
    if not held.qty:
        return None
    return float((held.cost + sign * held.fees) / (held.qty * one.contract_size * each) / one.unit) / 100.0
