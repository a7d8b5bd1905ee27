"""Hedging as its dock shows it, and the same option on several venues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.instrument import Payoff
from engine.core.order import Status
from engine.core.units import DAY, HOUR, Side
from engine.kernel.rfq import finding, hedge_books, hedge_orders
from engine.kernel.strategies.context import Holding, sends
from engine.maths import contracts
from engine.options import hedge, routing
from engine.strategies import hedger
from engine.strategies.hedger import Hedger, Plan
from engine.views.hedging import (
    GammaAdvice,
    GapLine,
    GapsView,
    HedgeLine,
    HedgeOrderLine,
    HedgeVenueLine,
    HedgingView,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.options.hedge_book import HedgeBook
    from engine.options.routing import Candidate
    from engine.orders.register import Order

LAST: Final = 30
ADVICES: Final = 3
STEEP: Final = 0.6
"""|delta| of an option that hedges gamma, at most."""
KINDS: Final = {"fixed": "fixed", "percent": "percent", "whalley": "Whalley-Wilmott"}
BPS: Final = 10_000.0


def view(state: State) -> HedgingView | None:
    """Return all underlyings; None in a session without the hedger."""
    strategy = next((one for one in state.strategies.all if isinstance(one, Hedger)), None)
    seat = state.strategies.seats.get(hedger.NAME)
    if strategy is None or seat is None or state.strategies.context is None:
        return None
    values = strategy.values[hedger.NAME]
    lines = [
        _line(state, strategy, one)
        for one in hedge_books.all_of(state, float(values["stale"]), float(values["hold"]))
    ]  # fmt: skip
    orders = [one for one in state.register if _ours(one)]
    why = f"halted: {seat.halted}" if seat.halted else ""
    if not why and state.session.halted_by:
        why = f"trading is halted by {state.session.halted_by}"
    return HedgingView(
        lines=tuple(lines),
        pending=tuple(_order(state, one) for one in orders if not one.ended),
        last=tuple(_order(state, one) for one in reversed(orders) if one.ended)[:LAST],
        state=seat.state.value,
        sends=sends(state, seat),
        why=why,
        facts=(
            ("mode", str(values["mode"])),
            ("model", str(values["model"])),
            ("to", str(values["to"])),
            ("cooldown", f"{values['cooldown']:g} s"),
            ("daily cap", f"${values['daily']:,.0f}"),
        ),
        now=state.now,
    )


def _ours(one: Order) -> bool:
    return one.place.strategy == hedger.NAME or one.place.origin == hedge_orders.ORIGIN


def _line(state: State, strategy: Hedger, one: HedgeBook) -> HedgeLine:
    values = strategy.values[hedger.NAME]
    plan = _plan(state, strategy, one)
    known = one.book is not None
    day, spent = strategy.spent.get(one.underlying, (0, 0.0))
    percent = 0.0 if one.book is None else one.book.spot / 100.0
    limit = float(values["gamma_limit"])
    usage = None if not plan.band or plan.delta is None else abs(plan.delta + one.pending) / plan.band
    return HedgeLine(
        underlying=one.underlying,
        spot=None if one.book is None else one.book.spot,
        delta=one.delta if known else None,
        gamma=one.gamma if known else None,
        vega=one.vega if known else None,
        delta_options=one.delta - one.linear if known else None,
        delta_hedges=one.linear,
        working=_working(state, one) + one.pending,
        band=plan.band,
        band_kind=KINDS[str(values["band"])],
        gamma_limit=limit,
        usage=usage,
        action=plan.action,
        size=abs(plan.size),
        why=_why(one, plan),
        next_at=plan.next_at,
        spent=spent if day == state.now // DAY else 0.0,
        spent_limit=float(values["daily"]),
        breaks=one.breaks,
        venues=tuple(_venue(state, c, price, whole, plan) for c, price, whole in _costs(one, plan)),
        gammas=() if not known or abs(one.gamma) * percent <= limit else tuple(_advices(state, one)),
        models=plan.models,
    )


def _plan(state: State, strategy: Hedger, one: HedgeBook) -> Plan:
    """Return what would be done now; worked out anew, and nothing of it is kept."""
    context = state.strategies.context
    assert context is not None
    before = strategy.plans.get(one.underlying)
    found = strategy.plan(context, one)
    if before is None:
        del strategy.plans[one.underlying]
    else:
        strategy.plans[one.underlying] = before
    return found


def _why(one: HedgeBook, plan: Plan) -> str:
    if one.unknown:
        return f"the greeks of {one.unknown} are not known"
    return "" if plan.why is None or plan.action == "none" else plan.why.text


def _working(state: State, one: HedgeBook) -> float:
    seat = state.strategies.seats[hedger.NAME]
    each = {c.instrument: c.each for c in one.candidates}
    total = 0.0
    for order in Holding(state, seat).working.values():
        coins = each.get(order.instrument, 0.0) * float(order.qty - order.filled)
        total += coins if order.side is Side.BUY else -coins
    return total


def _costs(one: HedgeBook, plan: Plan) -> list[tuple[Candidate, float | None, float | None]]:
    size = plan.size or max((c.least for c in one.candidates), default=0.0)
    return routing.best(one.candidates, size)


def _venue(state: State, one: Candidate, price: float | None, whole: float | None, plan: Plan) -> HedgeVenueLine:
    desk = state.desks.get(one.instrument.venue)
    listing = state.listings.get(one.instrument)
    perpetual = listing is not None and listing.instrument.expires is None
    return HedgeVenueLine(
        instrument=one.instrument, venue=one.instrument.venue if desk is None else desk.facts.title,
        side="buy" if plan.size >= 0 else "sell", size=abs(plan.size) or one.least, price=price,
        fee_bps=None if one.why_not and not one.fee_bps else one.fee_bps,
        funding_bps=one.funding_bps if perpetual else None, all_in=whole,
        chosen=sum(part.coins for part in plan.route if part.instrument == one.instrument), why_not=one.why_not,
    )  # fmt: skip


def _order(state: State, one: Order) -> HedgeOrderLine:
    place = one.place
    listing, desk = state.listings.get(place.instrument), state.desks.get(place.instrument.venue)
    unit = None if listing is None else listing.instrument.unit
    limit = None if unit is None or place.price is None else float(place.price * unit)
    paid = _average(listing, one)
    return HedgeOrderLine(
        order=one.id, at=one.sent_at, instrument=place.instrument,
        venue=place.instrument.venue if desk is None else desk.facts.title, side=place.side.value,
        qty=one.quantity or one.filled, filled=one.filled, price=paid if paid is not None else limit,
        status="unknown" if one.status is Status.LOST else one.status.value,
        trace=place.tag if place.origin == hedge_orders.ORIGIN else "", why=one.why,
    )  # fmt: skip


def _average(listing: Listing | None, one: Order) -> float | None:
    """Return what the filled part traded at, in the instrument's own currency."""
    if listing is None or not one.trades:
        return None
    total = sum(float(t.price) * float(t.qty) for t in one.trades.values())
    return total / float(one.filled) if one.filled else None


def _advices(state: State, one: HedgeBook) -> list[GammaAdvice]:
    """Return the options that would bring gamma back to nothing, the cheapest for their gamma first."""
    found: list[tuple[float, GammaAdvice]] = []
    for name, listing in state.listings.items():
        instrument = listing.instrument
        desk = state.desks.get(name.venue)
        if instrument.underlying != one.underlying or instrument.payoff is Payoff.LINEAR or desk is None:
            continue
        sides = _touch(listing, finding.index_of(state, listing)) if desk.facts.trades else None
        worth = finding.greeks(state, listing, hedge_books.MARK_S)
        if sides is None or worth is None or worth.gamma <= 0.0 or abs(worth.delta) >= STEEP:
            continue
        bid, ask, fee = sides
        each = (0.5 * (ask - bid) + fee) / worth.gamma
        lot = float(instrument.step * instrument.contract_size) or 0.1
        made = hedge.gamma_hedge(one.gamma, one.delta, worth.gamma, worth.delta, lot=lot)
        if not made.options:
            continue
        advice = GammaAdvice(
            instrument=name, name=finding.name(instrument), side="buy" if made.options > 0 else "sell",
            qty=abs(made.options), cost=abs(made.options) * (0.5 * (ask - bid) + fee), delta_after=made.delta_after,
            perp=made.perp, gamma_after=made.gamma_after,
        )  # fmt: skip
        found.append((each, advice))
    found.sort(key=lambda pair: (pair[0], pair[1].instrument))
    return [advice for _, advice in found[:ADVICES]]


def _touch(listing: Listing, index: Decimal | None) -> tuple[float, float, float] | None:
    """Return best bid and ask and the fee, dollars a coin; of the book, else of what came with the mark."""
    one, mark = listing.instrument, listing.mark
    dollars = contracts.dollars(one, index)
    bid, ask = listing.book.best_bid, listing.book.best_ask
    if listing.stale and mark is not None:
        bid, ask = mark.bid, mark.ask
    if dollars is None or not bid or not ask:
        return None
    size = one.least
    fee = contracts.fee(one, Side.BUY, ask * one.unit, size, index, maker=False)
    if fee is None or not size:
        return None
    each = float(one.unit * dollars)
    return bid * each, ask * each, float(fee) / float(size * one.contract_size)


def gaps(state: State) -> GapsView:
    """Return what buying an option on one venue and selling it on another would bring after fees, the most first."""
    rows: list[GapLine] = []
    compared = 0
    seen: set[object] = set()
    for name, listing in state.listings.items():
        key = finding.terms(listing.instrument)
        if key is None or key in seen or key[1] - state.now <= HOUR // 2:
            continue
        seen.add(key)
        some = [state.listings[one] for one in finding.priced_by(state, name)]
        if len({one.instrument.id.venue for one in some}) < 2:
            continue
        quoted = [(one, touch) for one in some if (touch := _touch(one, finding.index_of(state, one))) is not None]
        compared += len(quoted) > 1
        rows += [
            row for buy, b in quoted for sell, s in quoted if buy is not sell and (row := _gap(state, buy, b, sell, s))
        ]
    rows.sort(key=lambda row: (-row.gap, row.buy, row.sell))
    return GapsView(rows=tuple(rows[:200]), compared=compared, now=state.now)


def _gap(
    state: State, buy: Listing, b: tuple[float, float, float], sell: Listing, s: tuple[float, float, float]
) -> GapLine | None:  # fmt: skip
    spot = finding.spot(state, buy.instrument.underlying)
    if spot is None:
        return None
    ask, bid, fees = b[1], s[0], b[2] + s[2]
    left = bid - ask - fees
    titles = [state.desks[one.instrument.id.venue].facts.title for one in (buy, sell)]
    sizes = [
        float(one.book.lots(side, best) * one.instrument.lot * one.instrument.contract_size)
        for one, side, best in ((buy, Side.SELL, buy.book.best_ask), (sell, Side.BUY, sell.book.best_bid))
        if best is not None and not one.stale
    ]
    return GapLine(
        name=finding.name(buy.instrument), buy_on=titles[0], sell_on=titles[1], buy=buy.instrument.id,
        sell=sell.instrument.id, ask=ask, bid=bid, fees=fees, gap=left, gap_bps=left / float(spot) * BPS,
        size=min(sizes) if len(sizes) == 2 else 0.0,
    )  # fmt: skip
