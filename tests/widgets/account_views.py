"""Views of an account that the tests of its docks draw: seven positions, ten orders, twelve gates."""

from __future__ import annotations

from decimal import Decimal

from engine.core.ids import EMBEDDED, InstrumentId, MarketId, OrderId
from engine.core.units import SECOND, Nanos
from engine.views.account import (
    FillLine,
    FillsView,
    GateRow,
    GatesView,
    OrderLine,
    OrdersView,
    PositionLine,
    PositionsView,
)
from engine.views.status import FeedChip, FeedsView, NoticeRow, NoticesView, SpineView

NOW = Nanos(1_783_107_127_000_000_000)  # 2026-07-03 19:32:07Z
MARKET = MarketId("CHI")


def instrument(outcome: int) -> InstrumentId:
    return InstrumentId(EMBEDDED, f"CHI/{outcome}")


def spine(**changes) -> SpineView:
    fields = {
        "mode": "paper",
        "account_name": "paper-1",
        "role": "trader",
        "now": NOW,
        "place": "Chicago",
        "utc_offset_hours": -6,
        "cash": Decimal("947.86"),
        "equity": Decimal("1003.18"),
        "at_risk": Decimal("52.14"),
        "at_risk_limit": Decimal(150),
        "day": Decimal("3.18"),
        "day_fees": Decimal("0.44"),
        "day_limit": Decimal(-30),
        "week": Decimal("11.92"),
        "week_limit": Decimal(-80),
        "working": 4,
        "cancelling": 0,
        "unknown": 0,
        "open": 7,
        "next_close": "KMDW",
        "next_close_at": Nanos(NOW + 37_613 * SECOND),
        "gates_ok": 11,
        "gates_near": 1,
        "gates_refusing": 0,
        "halted_by": "",
        "halted_why": "",
        "halted_at": None,
        "reduce_only": False,
        "storage_ok": True,
        "last_sequence": 10_432,
        "subsidies": Decimal(200),
        "subsidies_limit": Decimal(1000),
    }
    return SpineView(**(fields | changes))


def halted_spine(**changes) -> SpineView:
    fields = {
        "halted_by": "DAILY_LOSS",
        "halted_why": "The day stands at −$30.12; the limit is −$30.",
        "halted_at": Nanos(NOW - 15 * SECOND),
    }
    return spine(**(fields | changes))


def feeds() -> FeedsView:
    known = (("IEM", "live", "2 m"), ("METAR KMDW", "ageing", "39 m"), ("HRRR", "down", "—"), ("NBM", "off", "off"))
    return FeedsView(chips=tuple(FeedChip(name=n, state=s, text=t, tip=f"{n} tip") for n, s, t in known), demo=False)


def notice(number: int, level: int = 30, code: str = "STALE_BOOK", text: str = "old", times: int = 1) -> NoticeRow:
    at = Nanos(NOW + number * SECOND)
    return NoticeRow(id=number, at=at, level=level, code=code, text=text, subject="KMDW", times=times)


def notices(*rows: NoticeRow) -> NoticesView:
    return NoticesView(rows=rows, warnings=sum(row.level >= 30 for row in rows))


def position(outcome: int = 0, leg: str = "YES", **changes) -> PositionLine:
    fields = {
        "instrument": instrument(outcome),
        "market": MARKET,
        "name": f"CHI {84 + 2 * outcome}–{85 + 2 * outcome} °F",
        "leg": leg,
        "qty": Decimal(24),
        "average": 38.5,
        "mark": 43.0,
        "mark_from": "curve",
        "unrealised": Decimal("1.08"),
        "realised": Decimal("0.84"),
        "fees": Decimal("0.12"),
        "net": Decimal("1.80"),
        "max_loss": Decimal("9.24"),
        "max_win": Decimal("14.76"),
        "closes": Nanos(NOW + 37_613 * SECOND),
        "source": "KMDW open",
    }
    return PositionLine(**(fields | changes))


def positions(*rows: PositionLine) -> PositionsView:
    return PositionsView(
        rows=rows,
        unrealised=Decimal("1.98"),
        realised=Decimal("1.64"),
        fees=Decimal("0.44"),
        net=Decimal("3.18"),
        max_loss=Decimal("45.62"),
    )


def order(number: int = 1, status: str = "working", word: str = "Working", **changes) -> OrderLine:
    fields = {
        "id": OrderId(f"o{number}"),
        "at": Nanos(NOW - number * SECOND),
        "mode": "paper",
        "venue": "lmsr",
        "instrument": instrument(number % 3),
        "market": "CHI 86–87 °F",
        "side": "BUY YES",
        "qty": Decimal(10),
        "filled": Decimal(0),
        "price": 42.0,
        "average": None,
        "tif": "IOC",
        "status": status,
        "word": word,
        "ends": status in {"filled", "canceled", "expired", "rejected", "refused"},
        "edge": 3.37,
        "fee": Decimal("0.04"),
        "why": "",
        "origin": "ladder",
    }
    return OrderLine(**(fields | changes))


def orders(*rows: OrderLine, older: int = 0) -> OrdersView:
    return OrdersView(rows=rows, older=older)


def fill(number: int = 1, **changes) -> FillLine:
    fields = {
        "trade_id": f"t{number}",
        "at": Nanos(NOW - number * SECOND),
        "market": "CHI 86–87 °F",
        "instrument": instrument(1),
        "side": "BUY YES",
        "qty": Decimal(1250),
        "price": 42.15,
        "fee": Decimal("0.04"),
        "slippage": 0.4,
        "realised": Decimal(0),
        "tag": "",
    }
    return FillLine(**(fields | changes))


def fills(*rows: FillLine, older: int = 0) -> FillsView:
    return FillsView(rows=rows, older=older)


def gate(code: str = "AT_RISK", state: str = "OK", **changes) -> GateRow:
    fields = {
        "code": code,
        "scope": "portfolio",
        "meaning": f"What {code} means",
        "used": "49.62",
        "limit": "150",
        "value": Decimal(150),
        "share": 0.33,
        "state": state,
        "last_refusal": "",
        "last_refusal_at": None,
        "self_test": "ok",
        "self_test_at": Nanos(NOW - 1800 * SECOND),
        "source": "positions and orders 0.2 s",
    }
    return GateRow(**(fields | changes))


def gates(*rows: GateRow, **changes) -> GatesView:
    fields = {
        "halted_by": "",
        "halted_why": "",
        "halted_at": None,
        "cancelled": 4,
        "waiting": 1,
        "open": 7,
        "flatten_cost": Decimal("1.36"),
    }
    return GatesView(rows=rows, **(fields | changes))
