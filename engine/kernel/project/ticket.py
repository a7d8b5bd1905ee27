"""The pre-trade card, and what creating a market would mean. Both change nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.units import TICK, Leg, Money, Nanos, Qty, Side
from engine.exchange.answers import Declined
from engine.kernel import results
from engine.kernel.modelling import law, probability
from engine.kernel.probing import market_of, probe
from engine.kernel.project import filling, names
from engine.kernel.project.doubts import Facts, doubts
from engine.kernel.project.listed import ticket as listed
from engine.maths import kelly
from engine.oracle.contract import rule_text
from engine.risk import gates
from engine.views.ladder import FillOdds
from engine.views.market import SubsidyPreview
from engine.views.preview import GateLine, Preview
from engine.weather import forecast

if TYPE_CHECKING:
    from engine.core.commands import CreateMarket, Place
    from engine.exchange.answers import Quote
    from engine.exchange.market import Market
    from engine.kernel.state import State
    from engine.risk.gate import Gate
    from engine.risk.measures import Measure

KELLY_SHARE: Final = 0.25
LEAST_SHOWN: Final = Decimal("0.01")
LINES: Final = 3
SHOWN: Final = ("EVENT_EXPOSURE", "AT_RISK", "CASH", "ORDER_QTY", "ORDER_VALUE", "MARKET_POSITION")


def preview(state: State, place: Place) -> Preview:
    """Return what an order would do if it were sent now."""
    if place.instrument in state.listings:
        return listed.preview(state, place, _lines)
    found, quote = probe(state, place, Nanos(0))
    found.duplicates = found.last_2s = found.last_minute = 0  # pace is judged when it is sent
    stands = gates.measure(found, state.limits)
    refused = next(((g, m) for g, m in stands if m.refuses and not g.warns), None)
    market = market_of(state, place)
    model = None if market is None else probability(state, place.instrument)
    if model is not None and place.leg is Leg.NO:
        model = 1.0 - model
    card = _numbers(state, place, quote, market, model)
    mark = None if market is None else results.mark(state, place.instrument, place.leg)
    facts = Facts(card["qty"], card["cost"], card["fee"], card["edge"], mark, found.reducing)
    asked = doubts(state, place, facts, stands)
    return Preview(
        instrument=place.instrument,
        intent=place.intent,
        words=_words(place, quote),
        model=model,
        position_after=_position_after(state, place, quote),
        gates=_lines(stands),
        refused_by="" if refused is None else refused[0].code,
        refused_why="" if refused is None else refused[1].text,
        warnings=asked,
        confirm=bool(asked),
        fill=_fill(state, place, quote, market),
        **card,
    )


def _fill(state: State, place: Place, quote: Quote | None, market: Market | None) -> FillOdds | None:
    """Return the odds of what would rest; None where nothing would."""
    if quote is None or market is None or not quote.rest:
        return None
    return filling.of_quote(state, market, place, quote.outcome, quote.rest)


def _lines(stands: tuple[tuple[Gate, Measure], ...]) -> tuple[GateLine, ...]:
    """Return the gates worth a line on the card: those that refuse, then the fullest."""
    lines = [
        GateLine(code=g.code, used=m.used, limit=m.limit, refuses=m.refuses, share=_share(m.used, m.limit))
        for g, m in stands
        if (m.refuses and not g.warns) or g.code in SHOWN
    ]
    lines.sort(key=lambda line: (not line.refuses, -(line.share or 0.0)))
    return tuple(lines[:LINES])


def _numbers(state: State, place: Place, quote: Quote | None, market: Market | None, model: float | None) -> dict:  # type: ignore[type-arg]
    """Return the card's numbers; all None while nothing would trade."""
    if quote is None or market is None:
        blank = ("qty", "cost", "fee", "average", "worst", "max_loss", "max_win", "breakeven", "edge", "edge_money")
        return dict.fromkeys((*blank, "kelly", "kelly_qty")) | {"fee_words": ""}
    buying = quote.side is Side.BUY
    qty, cost = whole(quote)
    total = cost + quote.fee if buying else cost - quote.fee
    each, average = float(total / qty), float(cost / qty)
    edge = None if model is None else 100.0 * (model - each if buying else each - model)
    share = (
        None
        if model is None or not buying
        else kelly.stake(model, average, float(quote.fee / qty), KELLY_SHARE, 1.0).size
    )
    held = state.book.get(place.instrument, place.leg)
    gain = Money(qty - total) if buying else Money(total - held.released(min(qty, held.qty)))
    return {
        "qty": qty,
        "cost": cost if buying else Money(-cost),
        "fee": quote.fee,
        "fee_words": _fee_words(market, quote),
        "average": 100.0 * average,
        "worst": 100.0 * quote.worst if quote.qty else None,
        "max_loss": Money(-total) if buying else Money(Decimal(0)),
        "max_win": gain,
        "breakeven": each,
        "edge": edge,
        "edge_money": None if edge is None else Money(Decimal(edge / 100.0) * qty),
        "kelly": share,
        "kelly_qty": _kelly_qty(state, share, each),
    }


def whole(quote: Quote) -> tuple[Qty, Money]:
    """Return all that an order is for and what that costs, what would rest of it at its limit."""
    if not quote.rest:
        return quote.qty, quote.cost
    return Qty(quote.qty + quote.rest), Money(quote.cost + quote.rest * quote.price * TICK)


def _fee_words(market: Market, quote: Quote) -> str:
    if not market.fee_rate:
        return "none"
    rate = f"{100 * market.fee_rate:.2f} % of cost"
    return f"{rate}; none of what waits" if quote.rest else rate


def _kelly_qty(state: State, share: float | None, each: float) -> Qty | None:
    if share is None or each <= 0:
        return None
    return Qty(Decimal(int(share * float(results.equity(state)) / each)))


def _words(place: Place, quote: Quote | None) -> str:
    side, leg = place.side.value.upper(), place.leg.value
    if quote is None:
        size = f"{place.qty.normalize():f}" if place.qty else f"${place.budget}" if place.budget else ""
        return " ".join(f"{side} {size} {leg}".split())
    qty, cost = whole(quote)
    total = cost + quote.fee if quote.side is Side.BUY else cost - quote.fee
    return f"{side} {_shares(qty)} {leg} @ {100 * cost / qty:.1f}  ${total:.2f}"


def _shares(qty: Decimal) -> str:
    """Return a count of shares, a part of one to two places; what is less than that with all its digits."""
    if qty == qty.to_integral_value():
        return f"{qty:.0f}"
    return f"{qty:.2f}" if qty >= LEAST_SHOWN else names.number(qty)


def _position_after(state: State, place: Place, quote: Quote | None) -> str:
    held = state.book.get(place.instrument, place.leg)
    if quote is None:
        return f"{_shares(held.qty)} {place.leg.value}" if held.qty else "flat"
    after = held.bought(quote.qty, quote.cost) if quote.side is Side.BUY else held
    if quote.side is Side.SELL and 0 < quote.qty <= held.qty:
        after = held.sold(quote.qty, quote.cost)
    waits = f", {quote.rest.normalize():f} resting" if quote.rest else ""
    if not after.qty or after.average is None:
        return "flat" + waits
    return f"{_shares(after.qty)} {place.leg.value} @ {100 * after.average:.1f}{waits}"


def _share(used: Decimal | None, limit: Decimal | None) -> float | None:
    return None if used is None or not limit else max(0.0, float(used / limit))


def subsidy(state: State, command: CreateMarket | None, refused: str) -> SubsidyPreview:
    """Return what a market would cost the house at worst, and how it would open and settle."""
    limit = state.exchange.rules.subsidy_limit
    if command is None:
        return SubsidyPreview(
            stations=(),
            tier="",
            refused=refused,
            iqr=None,
            reference=None,
            b=None,
            subsidy=None,
            subsidies_after=None,
            subsidies_limit=limit,
            prices=(),
            rule="",
        )
    contract = command.contract
    answer = state.exchange.preview_create(contract, command.b, command.prior)
    spread, reference = _uncertainty(state, command)
    declined = answer if isinstance(answer, Declined) else answer.refused
    return SubsidyPreview(
        stations=tuple(f"{s.id}  {s.km} km  weight {s.weight}" for s in contract.stations),
        tier=contract.tier.value,
        refused="" if declined is None else declined.text,
        iqr=spread,
        reference=reference,
        b=command.b,
        subsidy=None if isinstance(answer, Declined) else answer.subsidy,
        subsidies_after=None if isinstance(answer, Declined) else answer.total_after,
        subsidies_limit=limit,
        prices=() if isinstance(answer, Declined) else tuple(zip(contract.outcomes, answer.prices, strict=True)),
        rule=rule_text(contract),
    )


def _uncertainty(state: State, command: CreateMarket) -> tuple[float | None, float | None]:
    """Return the forecast's IQR and what it is compared with; None without a forecast."""
    found = law(state, command.contract)
    if found is None:
        return None, None
    opened = forecast.opening(command.contract, found[0], 100.0)
    return opened.iqr, opened.scale
