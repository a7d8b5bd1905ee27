"""Views of the RFQ desk and of the hedger as their docks get them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.core.ids import InstrumentId, VenueId
from engine.core.units import DAY, SECOND, Nanos
from engine.views import hedging, rfq
from tests.widgets.option_views import NOW

DERIBIT, DERIVE = VenueId("deribit"), VenueId("derive")


def leg(strike: int | Decimal = 76_000, put: bool = False, taker_side: str = "buy") -> rfq.RfqLegLine:
    return rfq.RfqLegLine(
        name=f"BTC 30 Jul 26 {strike} {'P' if put else 'C'}", underlying="BTC", expires=Nanos(NOW + 27 * DAY),
        strike=Decimal(strike), put=put, taker_side=taker_side, qty=Decimal(1), hedge_price=1_147.3,
        price=Decimal("1165"),
    )  # fmt: skip


def line(number: int = 4812, state: str = "PENDING", **changes: Any) -> rfq.RfqLine:
    given: dict[str, Any] = {
        "id": f"rfq-{number}", "trace": f"rfq:rysk:{number}", "at": Nanos(NOW - 9 * SECOND), "source": "Rysk",
        "taker": "0x3f…a7", "taker_side": "buy", "legs": (leg(),), "size": Decimal(1), "our_side": "sell",
        "our_quote": Decimal(1165), "hedge_price": 1_147.3, "edge_bps": 25.0, "edge": 16.1, "fair": 1_144.7,
        "valid_until": Nanos(NOW + 21 * SECOND), "until": Nanos(NOW + 21 * SECOND), "apr": 9.8, "signed": "paper",
        "best": None, "best_price": None, "state": state,
        "hedge_plan": "buy 1.0 BTC-30JUL26-76000-C on Deribit", "hedged": None, "why": "", "can_quote": True,
        "can_pass": True, "can_close": False, "quotes": 0,
    } | changes  # fmt: skip
    return rfq.RfqLine(**given)


ENDED: dict[str, Any] = {"can_quote": False, "can_pass": False}
SEVERAL = (
    line(),
    line(4811, "QUOTED", our_side="buy", taker_side="sell", taker="0x88…10", legs=(leg(60_000, True, "sell"),),
         size=Decimal("0.5"),
         our_quote=Decimal(690), hedge_price=704.4, fair=702.1, apr=None, quotes=1, can_quote=True,
         valid_until=Nanos(NOW + 8 * SECOND), hedge_plan="sell 0.5 BTC-30JUL26-60000-P on Deribit"),
    line(4809, "HEDGED", our_side="buy", taker_side="sell", legs=(leg(84_000, False, "sell"),),
         our_quote=Decimal(300), fair=289.2,
         hedge_price=291.0, apr=None, hedged=1.0, quotes=1, **ENDED),
    line(4807, "FAILED", hedged=0.4, why="the hedge was refused: DELTA", can_close=True, quotes=1, **ENDED),
)  # fmt: skip


def view(*rows: rfq.RfqLine, **changes: Any) -> rfq.RfqView:
    given: dict[str, Any] = {
        "rows": rows or SEVERAL, "state": "paper", "sends": True, "why": "", "auto": False, "live_quotes": 1,
        "unhedged": 0, "failed": 0, "facts": (("edge", "25 bps"),), "now": NOW,
    } | changes  # fmt: skip
    return rfq.RfqView(**given)


def chain(one: rfq.RfqLine = SEVERAL[0]) -> rfq.RfqChain:
    steps = (
        rfq.RfqStep(at=Nanos(NOW - 9 * SECOND), what="RECEIVED", text="buy 1.0 BTC 30 Jul 26 76000 C"),
        rfq.RfqStep(at=Nanos(NOW - 8 * SECOND), what="PRICED", text="1 147.30 through Deribit's book, 25 bps of edge"),
    )  # fmt: skip
    return rfq.RfqChain(line=one, steps=steps)


def venue(symbol: str = "BTC-PERPETUAL", at: VenueId = DERIBIT, **changes: Any) -> hedging.HedgeVenueLine:
    given: dict[str, Any] = {
        "instrument": InstrumentId(at, symbol), "venue": at.title(), "side": "buy", "size": 0.41, "price": 68_871.5,
        "fee_bps": 5.0, "funding_bps": 0.2, "all_in": 68_906.6, "chosen": 0.41, "why_not": "",
    } | changes  # fmt: skip
    return hedging.HedgeVenueLine(**given)


def hedge_line(**changes: Any) -> hedging.HedgeLine:
    given: dict[str, Any] = {
        "underlying": "BTC", "spot": 68_870.0, "delta": -0.41, "gamma": -6.07e-4, "vega": -101.0,
        "delta_options": -0.77, "delta_hedges": 0.36, "working": 0.0, "band": 0.25, "band_kind": "fixed",
        "gamma_limit": 0.5, "usage": 1.64, "action": "buy", "size": 0.41, "why": "", "next_at": None,
        "spent": 24_793.0, "spent_limit": 250_000.0, "breaks": "",
        "venues": (venue(), venue("BTC-PERP", DERIVE, all_in=68_911.0, fee_bps=6.0, chosen=0.0),
                   venue("BTC_USDC-PERPETUAL", all_in=None, price=None, chosen=0.0, why_not="its book is stale")),
        "gammas": (), "models": (("Black-76", -0.41), ("minimum variance", -0.37)),
    } | changes  # fmt: skip
    return hedging.HedgeLine(**given)


def order(status: str = "FILLED", **changes: Any) -> hedging.HedgeOrderLine:
    given: dict[str, Any] = {
        "order": "o-000012", "at": Nanos(NOW - 3 * SECOND), "instrument": InstrumentId(DERIBIT, "BTC-PERPETUAL"),
        "venue": "Deribit", "side": "buy", "qty": Decimal("0.41"), "filled": Decimal("0.41"), "price": 68_872.0,
        "status": status, "trace": "", "why": "",
    } | changes  # fmt: skip
    return hedging.HedgeOrderLine(**given)


def hedges(*lines: hedging.HedgeLine, **changes: Any) -> hedging.HedgingView:
    given: dict[str, Any] = {
        "lines": lines or (hedge_line(),), "pending": (), "last": (), "state": "paper", "sends": True, "why": "",
        "facts": (), "now": NOW,
    } | changes  # fmt: skip
    return hedging.HedgingView(**given)


CALM = (venue(chosen=0.0, size=0.01), venue("BTC-PERP", DERIVE, all_in=68_911.0, chosen=0.0))
AFTER = hedge_line(
    delta=0.0, delta_hedges=0.77, usage=0.0, action="none", size=0.0, spent=53_031.0, venues=CALM
)  # fmt: skip
