"""The ladder of a venue's instrument, highest price first, every price of its grid once."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import structs

from engine.core.order import Status
from engine.core.units import Leg, Money, Nanos, Qty, Side, Ticks
from engine.kernel import taping, weathering
from engine.kernel.project import filling, gates, odds, own
from engine.kernel.project.listed import grid, instruments
from engine.kernel.state import TAPE_NS
from engine.views.ladder import LadderRow, LadderView

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.core.ids import OrderId
    from engine.core.instrument import Instrument
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.orders.register import Order

STATES: Final = {
    Status.LOST: "lost",
    Status.CANCELING: "canceling",
    Status.AMENDING: "moved",
    Status.SENT: "sent",
    Status.PARTIAL: "partial",
    Status.WORKING: "working",
}
"""The gravest first: what several orders at one price are shown as."""


BEYOND: Final = 2**62
"""A time after every waiver of fees."""
WORKS: Final = frozenset({Status.WORKING, Status.PARTIAL})
MARKS: Final = {"sent": "…", "lost": " ?"}
"""What follows the size: an answer is awaited, or its fate is unknown."""


class Mine(NamedTuple):
    """Our orders at one row, on one side."""

    text: str
    state: str
    ids: tuple[OrderId, ...]


NONE: Final = Mine("", "", ())


def view(state: State, listing: Listing) -> LadderView:
    """Return the ladder of a listing whose shares pay 1 or nothing."""
    one = listing.instrument
    dock, why = instruments.mood(state, listing)
    lamps = gates.lamps(state, one.id.venue)
    refusing = [code for code, lamp in lamps.items() if lamp == "REFUSING"]
    yes, no = instruments.held(state, one.id)
    price, _ = instruments.mark(listing)
    model = weathering.chance(state, listing)
    gain = instruments.gain(yes, no, price)
    nearest = _nearest(state, one)
    low, high = _band(state, listing)
    return LadderView(
        instrument=one.id,
        title=instruments.title(state, listing),
        subtitle=f"{instruments.venue_title(state, one.id.venue)} {_steps(one)}",
        status=listing.status,
        state=dock,
        why=why,
        rows=_rows(state, listing, model),
        best_bid=_cent(listing.book.best_bid, one, up=False),
        best_ask=_cent(listing.book.best_ask, one, up=True),
        last=None if listing.last is None else grid.row_of(one, listing.last.price, up=False),
        fair=None if model is None else 100.0 * model,
        average=_average(yes.average, no.average, larger_yes=yes.qty >= no.qty),
        breakeven=_breakeven(listing, yes.qty >= no.qty, (yes.cost + yes.fees, yes.qty), (no.cost + no.fees, no.qty)),
        position=Qty(yes.qty - no.qty),
        position_text=_words(yes.qty, yes.average, no.qty, no.average),
        position_pnl=gain,
        curve=False,
        b=None,
        max_loss=None,
        closes=one.closes or state.now,
        gates_ok=sum(lamp == "OK" for lamp in lamps.values()),
        gates_near=sum(lamp == "NEAR" for lamp in lamps.values()),
        refusing=halter if (halter := state.session.halted_by) in refusing else next(iter(refusing), ""),
        fill=None if nearest is None else filling.of_order(state, listing, nearest),
        fill_words="" if nearest is None else taping.words(nearest.place),
        fair_low=None if low is None else 100.0 * low,
        fair_high=None if high is None else 100.0 * high,
        orders=own.working(state, one.id, int(1 / one.unit), partial(_row_of, one)),
        ended=own.ended(state, one.id, int(1 / one.unit), partial(_row_of, one)),
    )


def _band(state: State, listing: Listing) -> tuple[float | None, float | None]:
    """Return the model's band of an instrument, as the board of its family shows it; None without one."""
    family = listing.instrument.family
    formed = None if family is None else weathering.opinion(state, family)
    contract = None if family is None or formed is None else weathering.contract_of(state, family)
    if contract is None or family is None:
        return None, None
    return odds.band(contract, formed, state.families[family].members.index(listing.instrument.id))


def _row_of(one: Instrument, price: Ticks, rises: bool) -> Ticks:  # a side
    return grid.row_of(one, price, up=not rises)


def _nearest(state: State, one: Instrument) -> Order | None:
    """Return our working order at the best price; a purchase before a sale."""
    top = int(1 / one.unit)
    working = [o for o in state.register.working(one.id) if o.status in WORKS and o.place.price is not None]
    away = {o.id: _away(o, top) for o in working}
    return min(working, key=lambda o: away[o.id], default=None)


def _away(order: Order, top: int) -> int:
    price = yes_price(order.place, top) or Ticks(0)
    return -price if yes_side(order.place) is Side.BUY else price


def _steps(one: Instrument) -> str:
    """Return the finest step in words where it is less than a cent."""
    finest = min((band.step for band in one.grid), default=Ticks(100)) * one.unit * 100
    if finest >= 1:
        return ""
    return f"step {finest.normalize():f}c{'' if grid.is_fine(one) else ', shown by the cent'}"


def _cent(price: Ticks | None, one: Instrument, *, up: bool) -> Ticks | None:
    return None if price is None else grid.row_of(one, price, up=up)


def _rows(state: State, listing: Listing, model: float | None) -> tuple[LadderRow, ...]:
    one = listing.instrument
    bids, asks = _sums(listing, Side.BUY), _sums(listing, Side.SELL)
    cum_bid = running(bids, descending=True)
    cum_ask = running(asks, descending=False)
    prints = _prints(state, listing)
    mine = _mine(state, one)
    yes, no = instruments.held(state, one.id)
    waived = one.fee.waived_until is not None and state.now < one.fee.waived_until
    found = list(_bare(one, model, (yes.qty, yes.cost), (no.qty, no.cost), waived))
    place = grid.places(one)
    for row in {*bids, *asks, *prints, *(price for price, _ in mine)}:
        at = place.get(row)
        if at is None:
            continue
        bid_side, ask_side = mine.get((row, Side.BUY), NONE), mine.get((row, Side.SELL), NONE)
        sold, bought = prints.get(row, (None, None))
        found[at] = structs.replace(
            found[at],
            bid=bids.get(row),
            ask=asks.get(row),
            cum_bid=cum_bid.get(row),
            cum_ask=cum_ask.get(row),
            mine_bid=bid_side.text,
            mine_bid_state=bid_side.state,
            mine_bid_ids=bid_side.ids,
            mine_ask=ask_side.text,
            mine_ask_state=ask_side.state,
            mine_ask_ids=ask_side.ids,
            sold=sold,
            bought=bought,
        )
    return tuple(found)


@lru_cache(maxsize=64)
def _bare(
    one: Instrument, model: float | None, yes: tuple[Qty, Money], no: tuple[Qty, Money], waived: bool
) -> tuple[LadderRow, ...]:
    """Return the rows of an instrument with nothing in them but what follows from model, position and fees.

    They are the same from one book change to the next; a grid of tenths of a cent has a thousand of them.
    """
    at = Nanos(0 if waived else BEYOND)
    flat = not yes[0] and not no[0]
    rows = []
    for row in grid.rows(one):
        cent = float(row * one.unit * 100)
        rows.append(
            LadderRow(
                price=row,
                bid=None,
                ask=None,
                cum_bid=None,
                cum_ask=None,
                mine_bid="",
                mine_bid_state="",
                mine_ask="",
                mine_ask_state="",
                sold=None,
                bought=None,
                edge=_edge(one, model, cent, at),
                exit=None if flat else _exit(one, row * one.unit, yes, no),
            )
        )
    return tuple(rows)


def _sums(listing: Listing, side: Side) -> dict[Ticks, Qty]:
    """Return what stands at each row of a side."""
    found: dict[Ticks, Qty] = {}
    one = listing.instrument
    for price, lots in listing.book.levels(side):
        row = grid.row_of(one, price, up=side is Side.SELL)
        found[row] = Qty(found.get(row, Decimal(0)) + instruments.qty(one, lots))
    return found


def running(sums: dict[Ticks, Qty], *, descending: bool) -> dict[Ticks, Qty]:
    """Return the sums from the best price on."""
    total, found = Decimal(0), {}
    for row in sorted(sums, reverse=descending):
        total += sums[row]
        found[row] = Qty(total)
    return found


def _prints(state: State, listing: Listing) -> dict[Ticks, tuple[Qty | None, Qty | None]]:
    """Return what was sold and bought at each row within the tape's window; a print without a side is left out."""
    found: dict[Ticks, list[Decimal]] = {}
    one = listing.instrument
    for trade in reversed(listing.tape):
        if state.now - trade.at > TAPE_NS:
            break
        if trade.taker is None:
            continue
        row = grid.row_of(one, trade.price, up=False)
        sums = found.setdefault(row, [Decimal(0), Decimal(0)])
        sums[trade.taker is Side.BUY] += instruments.qty(one, trade.lots)
    return {row: (Qty(s) if s else None, Qty(b) if b else None) for row, (s, b) in found.items()}


def yes_side(place: Place) -> Side:
    """Return the side of the YES book an order lies on: NO bought is YES sold."""
    return Side.BUY if (place.side is Side.BUY) == (place.leg is Leg.YES) else Side.SELL


def yes_price(place: Place, top: int) -> Ticks | None:
    """Return an order's price in the YES book; None of one without a price."""
    if place.price is None:
        return None
    return place.price if place.leg is Leg.YES else Ticks(top - place.price)


def _mine(state: State, one: Instrument) -> dict[tuple[Ticks, Side], Mine]:
    """Return our open orders by row and side; one that is being moved stands where it was and where it is to go."""
    groups: dict[tuple[Ticks, Side], list[Order]] = {}
    top = int(1 / one.unit)
    moving: dict[tuple[Ticks, Side], tuple[Order, Qty]] = {}
    for order in state.register.working(one.id):
        side, price = yes_side(order.place), yes_price(order.place, top)
        if price is not None:
            groups.setdefault((grid.row_of(one, price, up=side is Side.SELL), side), []).append(order)
        goal = wanted(state, order)
        if goal is not None:
            new = goal[0] if order.place.leg is Leg.YES else Ticks(top - goal[0])
            moving[grid.row_of(one, new, up=side is Side.SELL), side] = (order, goal[1])
    found = {key: together(orders) for key, orders in groups.items()}
    for key, (order, asked) in moving.items():
        found.setdefault(key, arriving(order, asked))
    return found


def wanted(state: State, order: Order) -> tuple[Ticks, Qty] | None:
    """Return price and whole quantity that an order is on its way to; None of one that stays."""
    if order.amending is not None:
        return order.amending
    new = state.shifting.get(order.id)
    if new is None or new.place.price is None or new.place.qty is None:
        return None
    return new.place.price, new.place.qty


def arriving(order: Order, asked: Qty) -> Mine:
    """Return how an order that is being moved is shown at the row it is to go to."""
    return Mine(f"{_plain(asked - order.filled)}…", "amending", (order.id,))


def together(orders: list[Order]) -> Mine:
    """Return how several orders of ours at one row and side are shown."""
    shown = next((name for status, name in STATES.items() if any(o.status is status for o in orders)), "")
    rest = sum((o.rest or Decimal(0) for o in orders), Decimal(0))
    whole = sum((o.quantity or Decimal(0) for o in orders), Decimal(0))
    filled = whole - rest
    text = f"{_plain(filled)}/{_plain(whole)}" if filled and shown == "partial" else _plain(rest)
    if len(orders) > 1:
        text = f"{_plain(rest)}({len(orders)})"
    elif shown in MARKS:
        text += MARKS[shown]
    return Mine(text, shown, tuple(o.id for o in orders))


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _edge(one: Instrument, model: float | None, cent: float, at: Nanos) -> float | None:
    """Return the better of buying YES and buying NO at a row, in cents, the taker's fee counted."""
    yes, no = instruments.edges(one, model, cent, cent, at)
    if model is None or yes is None or no is None:
        return None
    return yes if cent <= 100.0 * model else no


def _exit(one: Instrument, price: Decimal, yes: tuple[Qty, Money], no: tuple[Qty, Money]) -> Money:
    """Return the result of closing both legs at a row's price as a taker."""
    total = Decimal(0)
    for (shares, cost), each, name in ((yes, price, 100 * price), (no, 1 - price, 100 - 100 * price)):
        if shares:
            fee = Decimal(str(round(instruments.fee_cents(one, Side.SELL, float(name)), 4))) / 100 * shares
            total += shares * each - fee - cost
    return Money(total.quantize(Decimal("0.000001")))


def _average(yes: Decimal | None, no: Decimal | None, *, larger_yes: bool) -> float | None:
    """Return the average entry in cents of YES, of the larger leg."""
    if larger_yes and yes is not None:
        return 100.0 * float(yes)
    return None if no is None else 100.0 * (1.0 - float(no))


def _breakeven(listing: Listing, larger_yes: bool, yes: tuple[Decimal, Qty], no: tuple[Decimal, Qty]) -> float | None:
    """Return the price of YES in cents at which closing the larger leg pays back cost and fees."""
    paid, shares = yes if larger_yes else no
    if not shares or listing.status == "settled":
        return None
    each = 100.0 * float(paid / shares)
    return each if larger_yes else 100.0 - each


def _words(yes: Qty, yes_average: Decimal | None, no: Qty, no_average: Decimal | None) -> str:
    parts = []
    for name, shares, average in (("YES", yes, yes_average), ("NO", no, no_average)):
        if shares and average is not None:
            parts.append(f"{shares.normalize():f} {name} @ {100 * average:.1f}")
    return " · ".join(parts)
