"""Views of the journal for tests."""

from __future__ import annotations

from decimal import Decimal

from engine.core.ids import KALSHI, InstrumentId, OrderId
from engine.core.units import Money, Nanos
from engine.views.journal import CalibrationBin, JournalLine, JournalView, Scorecard


def line(n: int = 1, **change) -> JournalLine:
    given = {
        "order": OrderId(f"o-{n:06d}"), "at": Nanos(1_783_000_000_000_000_000 + n * 60_000_000_000),
        "who": "bracket_momentum", "instrument": InstrumentId(KALSHI, f"KXHIGHCHI-26JUL03-B8{n}.5"),
        "market": "CHI 86-87 °F", "side": "BUY YES", "price": 43.0, "fair": 46.8, "middle": 42.5, "edge": 3.4,
        "average": 42.8, "qty": Decimal(10), "filled": Decimal(10), "fee": Money(Decimal("0.17")), "book_age_s": 0.4,
        "report_age_s": 840.0, "reason": "buy 10 YES at 43c, leader, worth 46.8c, market 42.5c, edge +3.4c",
        "later": 0.6, "line": 1.4, "won": True, "result": 5.55, "brier": 0.283, "note": "", "tags": (),
    }  # fmt: skip
    return JournalLine(**given | change)


def card(name: str = "all", **change) -> Scorecard:
    bins = tuple(
        CalibrationBin(n=40, said=(i + 0.5) / 10, came=min(1.0, (i + 0.5) / 10 + (0.05 if i % 3 else -0.04)),
                       low=max(0.0, i / 10 - 0.06), high=min(1.0, i / 10 + 0.16))
        for i in range(10)
    )  # fmt: skip
    given = {
        "name": name, "orders": 431, "scored": 412, "brier": 0.148, "brier_market": 0.156, "skill": 0.051, "line": 1.4,
        "later": 0.6, "fee_share": 0.17, "result": 31.2, "bins": bins,
    }  # fmt: skip
    return Scorecard(**given | change)


def view(*rows: JournalLine, cards: tuple[Scorecard, ...] = ()) -> JournalView:
    return JournalView(rows=rows, cards=cards or (card(),))
