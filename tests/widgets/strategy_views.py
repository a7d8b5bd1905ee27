"""Views of the registry of strategies that the tests of its dock draw."""

from __future__ import annotations

from decimal import Decimal

from engine.core.ids import StrategyId
from engine.views.strategies import (
    MarkoutView,
    ParameterLine,
    ReadinessLine,
    StrategiesView,
    StrategyDetail,
    StrategyLine,
)
from tests.widgets.account_views import NOW

HORIZONS = (5, 60, 300)


def line(name: str = "latency_arb", **changes) -> StrategyLine:
    fields = {
        "name": StrategyId(name), "title": "S1 latency arb", "trigger": "Binance trade", "help": "Buys what lags.",
        "state": "paper", "sends": True, "halted": "", "held": "", "side": "UP", "fair": 0.647, "ask": 0.62,
        "edge": 1.06, "z": 0.38, "size": None, "cooldown_s": None, "orders": 2, "orders_limit": 2, "working": 0,
        "fills": 2, "exposure": Decimal("11.20"), "realised": Decimal("0.80"), "unrealised": Decimal("-0.10"),
        "fees": Decimal("0.08"), "net": Decimal("0.62"),
        "markouts": tuple(MarkoutView(seconds=s, cents=None, count=0) for s in HORIZONS), "code": "edge",
        "why": "edge 1.06c < 3.00c", "refusals": (("BOOK_AGE", 3),), "intents": 7, "digest": "ab" * 16,
        "last": "buy 20 YES of BTC 5m at 62c", "last_at": NOW, "last_said": "sent as o-000012",
    }  # fmt: skip
    return StrategyLine(**fields | changes)


def view(*rows: StrategyLine, **changes) -> StrategiesView:
    some = rows or (
        line(),
        line(
            "certainty_capture", title="S2 certainty capture", trigger="book", orders=0, orders_limit=1, net=Decimal(0),
            fills=0, code="z", why="|z| 0.38 < 1.50", last_said="",
        ),
        line("convexity_fade", title="S3 convexity fade", trigger="book", state="shadow", sends=False, orders=1),
        line("strike_misalign", title="S4 strike misalign", trigger="opening", halted="31 fills within 60 s"),
        line(
            "lp_extreme", title="S5 lp extreme", trigger="both", state="off", side="", fair=None, ask=None, edge=None,
            z=None, orders=0, orders_limit=None, code="", why="", last_said="", net=None, fills=0,
        ),
    )  # fmt: skip
    fields = {"rows": some, "mode": "paper", "account_name": "paper-1", "armed": False, "now": NOW}
    return StrategiesView(**fields | changes)


def parameter(name: str = "least_edge", **changes) -> ParameterLine:
    fields = {
        "name": name, "kind": "number", "value": "0.03", "default": "0.03", "low": 0.0, "high": 0.5, "unit": "$",
        "help": "Least edge a share.", "choices": (),
    }  # fmt: skip
    return ParameterLine(**fields | changes)


def bar(name: str = "clean days", **changes) -> ReadinessLine:
    fields = {"name": name, "found": 12.0, "wanted": 30.0, "at_least": True, "part": False, "passed": False}
    return ReadinessLine(**fields | changes)


BARS = (
    bar(), bar("Sharpe", found=1.25, wanted=1.0, passed=True, n=40), bar("days won", found=0.5, wanted=0.55, part=True),
    bar("drawdown", found=None, wanted=0.15, at_least=False, part=True),
    bar("uptime", found=0.995, wanted=0.99, part=True, passed=True),
)  # fmt: skip


def detail(row: StrategyLine | None = None, *, earns: bool = True) -> StrategyDetail:
    return StrategyDetail(
        readiness=BARS, earns_live=earns,
        line=row or line(),
        parameters=(
            parameter(),
            parameter("fills_a_minute", kind="whole", value="12", default="30", low=1.0, high=1000.0, unit="fills"),
            parameter("profile", kind="choice", value="paced", default="paced", low=None, high=None,
                      choices=("seed", "paced"), unit=""),
            parameter("rest", kind="switch", value="off", default="off", low=None, high=None, unit=""),
        ),
        reasons=(("edge", 120), ("tau", 4)),
        days=((20_638, Decimal("0.62")),),
    )  # fmt: skip
