"""The RFQ blotter: every request with what we said, what became of it, and how its hedge stands."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.units import Side
from engine.kernel.rfq import finding, hedge_orders, hedging, planning, seated
from engine.kernel.rfq.memory import CANCELLED, EXECUTED, FAILED, OVER
from engine.kernel.strategies.context import sends
from engine.views.rfq import RfqChain, RfqLegLine, RfqLine, RfqStep, RfqView

if TYPE_CHECKING:
    from engine.kernel.rfq.memory import Asked, LegPrice, Made, Package, Trade
    from engine.kernel.state import State

SHOWN: Final = 200
BPS: Final = 10_000.0
ON_ITS_WAY: Final = frozenset({"open", "signing", "lost", "filled", "expired", "cancelled"})


def view(state: State) -> RfqView | None:
    """Return the blotter, newest first; None in a session without the desk."""
    seat = seated.seat_of(state)
    if seat is None:
        return None
    values = seated.values_of(seat)
    some = list(state.rfq.asked.values())[-SHOWN:]
    trades = list(state.rfq.trades.values())
    sending = sends(state, seat)
    why = seated.stopped(state)
    if not why and not sending:
        why = "in the shadow: requests are priced, and nothing leaves"
    return RfqView(
        rows=tuple(line(state, one) for one in reversed(some)),
        state=seat.state.value,
        sends=sending,
        why=why,
        auto=bool(values["auto"]),
        live_quotes=len(state.rfq.live(state.now)),
        unhedged=sum(one.state not in hedging.DONE for one in trades),
        failed=sum(one.state == FAILED for one in trades),
        facts=(
            ("edge", f"{values['edge']:g} bp"),
            ("vol edge", f"{values['vol_edge']:g} pt"),
            ("valid", f"{values['valid']:g} s"),
            ("hedge", str(values["hedge"])),
            ("max size", f"{values['max_size']:g}"),
            ("max Δ", f"{values['max_delta']:g}"),
            ("max vega", f"${values['max_vega']:g}"),
        ),
        now=state.now,
    )


def chain(state: State, trace: str) -> RfqChain | None:
    """Return one request with its history; None for one that is not known."""
    asked = state.rfq.asked.get(trace)
    if asked is None:
        return None
    return RfqChain(
        line=line(state, asked), steps=tuple(RfqStep(at=s.at, what=s.what, text=s.text) for s in asked.steps)
    )  # fmt: skip


def line(state: State, asked: Asked) -> RfqLine:
    """Return one request as the blotter shows it."""
    request = asked.request
    package = asked.packages[0] if asked.packages else next((m.package for m in asked.made if m.package), None)
    made = asked.made[-1] if asked.made else None
    trades = [state.rfq.trades[key] for key in asked.trades if key in state.rfq.trades]
    taker = request.legs[0].side if request.legs else Side.BUY
    ours = package.side if package is not None else request.sides[0] if len(request.sides) == 1 else None
    if ours is not None and request.legs:  # the taker does the opposite of what we do with the first leg
        we_buy = (ours is Side.BUY) is (request.legs[0].side is Side.BUY)
        taker = Side.SELL if we_buy else Side.BUY
    desk = state.desks.get(request.venue)
    title = "By hand" if request.venue == finding.OTC else request.venue if desk is None else desk.facts.title
    open_trades = [one for one in trades if one.state not in hedging.DONE]
    over = bool(asked.over) or asked.state in {EXECUTED, FAILED} or bool(asked.trades)
    return RfqLine(
        id=request.id,
        trace=asked.trace,
        at=asked.at,
        source=title,
        taker=request.taker,
        taker_side=taker.value,
        legs=_legs(state, asked, package),
        size=request.qty,
        our_side="" if ours is None else ours.value,
        our_quote=_price(asked, package, made),
        hedge_price=None if package is None else abs(package.hedge),
        edge_bps=_bps(package),
        edge=None if package is None else package.edge,
        fair=None if package is None else abs(package.fair),
        valid_until=None if made is None else made.quote.until,
        until=request.expires,
        apr=None if package is None else package.apr,
        signed=_signed(state, asked, made),
        best=asked.best,
        best_price=asked.best_price,
        state=asked.state,
        hedge_plan="; ".join(words for one in trades if (words := planning.words(one))),
        hedged=_hedged(state, trades),
        why=asked.why or next((one.why for one in open_trades if one.why), ""),
        can_quote=not over and asked.state != CANCELLED,
        can_pass=not over and asked.state not in OVER,
        can_close=any(one.state == FAILED for one in trades),
        quotes=sum(one.status in ON_ITS_WAY for one in asked.made),
    )


def _legs(state: State, asked: Asked, package: Package | None) -> tuple[RfqLegLine, ...]:
    priced: dict[object, LegPrice] = {} if package is None else {leg.instrument: leg for leg in package.legs}
    found = []
    for leg in asked.request.legs:
        listing = state.listings.get(leg.instrument)
        known = None if listing is None else finding.terms(listing.instrument)
        if listing is None or known is None:
            continue
        underlying, expires, strike, put = known
        by = priced.get(leg.instrument)
        theirs = leg.side.value if by is None else "sell" if by.buy else "buy"
        found.append(
            RfqLegLine(
                name=finding.name(listing.instrument), underlying=underlying, expires=expires, strike=strike, put=put,
                taker_side=theirs, qty=Decimal(asked.request.qty * leg.ratio),
                hedge_price=None if by is None else by.answer.hedge, price=None if by is None else by.price,
            )
        )  # fmt: skip
    return tuple(found)


def _price(asked: Asked, package: Package | None, made: Made | None) -> Decimal | None:
    if asked.dummy is not None and package is None:
        return asked.dummy
    if made is not None and len(made.quote.legs) == 1 and (package is None or made.package is package):
        return made.quote.legs[0].price
    if package is None:
        return None
    if len(package.legs) == 1:
        return package.legs[0].price
    return Decimal(repr(round(package.price, 6)))


def _bps(package: Package | None) -> float | None:
    if package is None or not package.hedge:
        return None
    sign = 1.0 if package.side is Side.SELL else -1.0
    return sign * (package.price - package.hedge) / abs(package.hedge) * BPS


def _signed(state: State, asked: Asked, made: Made | None) -> str:
    if made is not None and made.status in ON_ITS_WAY:
        return "signed" if state.session.mode == "live" else "paper"
    return "DUMMY" if asked.dummy is not None and not asked.packages else "no"


def _hedged(state: State, trades: list[Trade]) -> float | None:
    shares = [found for one in trades if (found := hedge_orders.done(state, one)) is not None]
    return min(shares, default=None)
