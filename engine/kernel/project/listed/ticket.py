"""The pre-trade card of an order on a venue: what it would take now, what would rest, and every gate."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from engine.core.commands import Tif
from engine.core.instrument import SPENDS
from engine.core.units import NO_MONEY, NOTHING, Leg, Lots, Money, Nanos, Qty, Side
from engine.kernel import dealing, results, weathering, weighing
from engine.kernel.project import filling
from engine.kernel.project.doubts import Facts, doubts
from engine.kernel.project.listed import derivative, instruments
from engine.kernel.project.listed.ladder import yes_price, yes_side
from engine.maths import contracts, fees, kelly
from engine.portfolio.netting import Traded
from engine.portfolio.netting import book as netted
from engine.risk import gates
from engine.risk.venue_measures import AT_ONCE
from engine.views.preview import Preview

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.commands import Place
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.portfolio.position import Position
    from engine.risk.gate import Gate
    from engine.risk.measures import Measure
    from engine.views.preview import GateLine

    Stands = tuple[tuple[Gate, Measure], ...]

ZERO = Decimal(0)
KELLY_SHARE = 0.25
MORE = Decimal("1.05")
"""Times its quantity: who would buy more than that for the money of an order is told so."""
KINDS = {"kalshi": "Kalshi's schedule", "polymarket": "as the market states", "none": "none"}


class Meets(NamedTuple):
    """What an order would do to the book that stands: shares taken, and what is left to rest."""

    taken: Qty
    cost: Money
    """Of the leg, before the fee."""
    fee: Money
    worst: Decimal | None
    """Price of the leg at which the last of it trades."""
    rests: Qty


def preview(state: State, place: Place, lines: Callable[[Stands], tuple[GateLine, ...]]) -> Preview:
    """Return what an order would do if it were sent now; `lines` picks the gates worth a line."""
    listing = state.listings[place.instrument]
    if contracts.is_derivative(listing.instrument):
        return derivative.preview(state, place, lines)
    desk = state.desks[place.instrument.venue]
    shaped = dealing.shape(state, listing, place)
    found = weighing.probe(state, desk, listing, shaped, Nanos(0))
    found.duplicates = found.last_2s = found.last_minute = 0  # pace is judged when it is sent
    stands = gates.measure(found, state.limits)
    refused = next(((g, m) for g, m in stands if m.refuses and not g.warns), None)
    met = meets(listing, shaped)
    card = _numbers(state, listing, shaped, met)
    model = weathering.chance(state, listing)
    if model is not None and place.leg is Leg.NO:
        model = 1.0 - model
    worth = _worth(state, shaped, model, card)
    price, _ = instruments.mark(listing, place.leg)
    asked = doubts(
        state, shaped, Facts(card["qty"], card["cost"], card["fee"], worth["edge"], price, found.reducing), stands
    )
    if more := _more(state, listing, shaped):
        asked += (more,)
    return Preview(
        instrument=place.instrument,
        intent=place.intent,
        words=_words(shaped, met),
        model=model,
        position_after=_after(state, listing, shaped, met),
        gates=lines(stands),
        refused_by="" if refused is None else refused[0].code,
        refused_why="" if refused is None else refused[1].text,
        warnings=asked,
        confirm=bool(asked),
        fill=filling.of_listed(state, listing, shaped, met.rests) if met.rests else None,
        **worth,
        **card,
    )


def _worth(state: State, place: Place, model: float | None, card: dict) -> dict:  # type: ignore[type-arg]
    """Return edge and Kelly size of the order at the model, its fee counted; all None without a model or a size."""
    each, qty = card["breakeven"], card["qty"]
    if model is None or each is None or not qty:
        return {"edge": None, "edge_money": None, "kelly": None, "kelly_qty": None}
    buying = place.side is Side.BUY
    edge = 100.0 * (model - each if buying else each - model)
    share = None
    if buying and card["average"] is not None:
        share = kelly.stake(model, card["average"] / 100.0, float(card["fee"] / qty), KELLY_SHARE, 1.0).size
    size = None if share is None or each <= 0 else Qty(Decimal(int(share * float(results.equity(state)) / each)))
    return {"edge": edge, "edge_money": Money(Decimal(edge / 100.0) * qty), "kelly": share, "kelly_qty": size}


def meets(listing: Listing, place: Place) -> Meets:
    """Return what stands against an order up to its price, walked level by level with the taker's fee."""
    one = listing.instrument
    wanted = place.qty if place.qty is not None and dealing.is_number(place.qty) else NOTHING
    wanted = max(wanted, NOTHING)
    left = Lots(int(wanted / one.lot))
    cost, fee, worst = ZERO, ZERO, None
    if not place.post_only:
        top = int(1 / one.unit)
        limit, side = yes_price(place, top), yes_side(place)
        for price, lots in listing.book.levels(Side.SELL if side is Side.BUY else Side.BUY):
            beyond = limit is not None and (price > limit if side is Side.BUY else price < limit)
            if beyond or not left:
                break
            taken = min(left, lots)
            shares = instruments.qty(one, taken)
            each = price * one.unit if place.leg is Leg.YES else 1 - price * one.unit
            cost += shares * each
            fee += fees.trade_fee(one.fee, place.side, each, shares, False)
            left, worst = Lots(left - taken), each
    rests = instruments.qty(one, left) if place.tif in {Tif.GTC, Tif.GTD} else NOTHING
    return Meets(instruments.qty(one, Lots(int(wanted / one.lot) - left)), Money(cost), Money(fee), worst, rests)


def _more(state: State, listing: Listing, place: Place) -> str:
    """Say that an order would buy more than it names, on a venue that spends the money of what takes at once."""
    one, price, wanted = listing.instrument, place.price, place.qty
    if state.session.mode != "live" or not one.fact(SPENDS) or place.side is not Side.BUY or place.tif not in AT_ONCE:
        return ""  # on paper it is filled to its quantity
    if price is None or wanted is None or not dealing.is_number(wanted) or not wanted > 0:
        return ""
    money, shares = wanted * price * one.unit, ZERO
    left = money
    for level, lots in listing.book.levels(Side.SELL if place.leg is Leg.YES else Side.BUY):
        each = level * one.unit if place.leg is Leg.YES else 1 - level * one.unit
        if each > price * one.unit or left <= 0:
            break
        part = min(instruments.qty(one, lots), left / each)
        shares, left = shares + part, left - part * each
    if shares <= MORE * wanted:
        return ""
    return f"the venue spends all ${money:.2f}, which buys {shares:.0f} shares as the book stands, not {wanted:.0f}"


def _numbers(state: State, listing: Listing, place: Place, met: Meets) -> dict:  # type: ignore[type-arg]
    """Return the card's numbers for the whole order: taken at the book, the rest at its price as a maker."""
    one = listing.instrument
    qty = Qty(met.taken + met.rests)
    blank = ("qty", "cost", "fee", "average", "worst", "max_loss", "max_win", "breakeven")
    if qty <= 0:
        return dict.fromkeys(blank) | {"fee_words": ""}
    rest_at = ZERO if place.price is None else place.price * one.unit
    resting_fee = fees.trade_fee(one.fee, place.side, rest_at, met.rests, True) if met.rests else NO_MONEY
    cost, fee = met.cost + met.rests * rest_at, Money(met.fee + resting_fee)
    buying = place.side is Side.BUY
    total = cost + fee if buying else cost - fee
    held = state.book.get(one.id, place.leg)
    gain = qty - total if buying else total - held.released(min(qty, held.qty))
    return {
        "qty": qty,
        "cost": Money(cost if buying else -cost),
        "fee": fee,
        "fee_words": _fee_words(one, met, resting_fee),
        "average": 100.0 * float(cost / qty),
        "worst": None if met.worst is None else 100.0 * float(met.worst),
        "max_loss": Money(-total) if buying else NO_MONEY,
        "max_win": Money(gain),
        "breakeven": float(total / qty),
    }


def _fee_words(one: Instrument, met: Meets, resting: Money) -> str:
    kind = KINDS.get(one.fee.kind, one.fee.kind)
    if met.taken and met.rests:
        return f"{met.fee:.4f} taker, {resting:.4f} maker · {kind}"
    return f"{'taker' if met.taken else 'maker'} · {kind}"


def _words(place: Place, met: Meets) -> str:
    side, leg = place.side.value.upper(), place.leg.value
    qty = met.taken + met.rests
    if not qty:
        size = f"{place.qty.normalize():f}" if place.qty else ""
        return " ".join(f"{side} {size} {leg}".split())
    at = _at(place, met)
    buying = place.side is Side.BUY
    rest = met.rests * (place.price or 0) / Decimal(10_000)
    total = met.cost + rest + met.fee if buying else met.cost + rest - met.fee
    return f"{side} {qty.normalize():f} {leg}{at}  ${total:.2f}"


def _at(place: Place, met: Meets) -> str:
    """Return the price in the words of the button: the average of what trades at once, or the limit it rests at."""
    if met.taken and not met.rests:
        return f" @ {100 * met.cost / met.taken:.1f}"
    return "" if place.price is None else f" @ {place.price / 100:g}"


def _after(state: State, listing: Listing, place: Place, met: Meets) -> str:
    """Return the position once what would trade at once has traded, the rest told beside it."""
    one = listing.instrument
    held: dict[tuple[InstrumentId, Leg], Position] = {(one.id, leg): state.book.get(one.id, leg) for leg in Leg}
    if met.taken:
        netted(held, one.id, Traded(place.side, place.leg, met.taken, met.cost), met.fee, nets=one.nets)
    parts = [
        f"{position.qty.normalize():f} {leg.value} @ {100 * position.average:.1f}"
        for (_, leg), position in held.items()
        if position.qty and position.average is not None
    ]
    text = " · ".join(parts) or "flat"
    return f"{text}, {met.rests.normalize():f} resting" if met.rests else text
