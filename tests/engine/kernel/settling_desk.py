"""Markets of rain and of highs that are about to settle, what was sealed of them, and how a test rules them."""

from __future__ import annotations

import json

from engine.core.commands import Rule
from engine.views import topics
from tests.engine.kernel.desk import OHARE, Desk, hours, two_stations

WET, DRY = (0, 20, 0), (0, 0, 0)
"""Hundredths of an inch an hour: 5.08 mm, and nothing."""


def raining() -> Desk:
    """A session with a position of ten YES in the rain market."""
    made = Desk()
    made.list()
    made.place(qty=10)
    return made


def records(desk: Desk) -> list[tuple[object, ...]]:
    """The sealed records that were to be written, in their order."""
    sealed = [row.values for keep in desk.rows for row in keep.rows if row.table == "settlements"]
    return [(r["seq"], r["prev"], r["hash"], r["body"]) for r in sealed]


def payloads(desk: Desk, market: str = "") -> list[dict[str, object]]:
    """What the records say; those of one market when it is named."""
    said = [json.loads(str(body))["payload"] for *_, body in records(desk)]
    return [p for p in said if market in {"", p["market"]}]


def queue(desk: Desk, market: str = "RAIN"):
    return next(line for line in desk.kernel.view(topics.SETTLEMENTS).queue if line.market == market)


def rule(desk: Desk, winner: int | None, why: str = "read by hand", market: str = "RAIN") -> None:
    desk.ask(Rule(market=market, winner=winner, why=why))  # type: ignore[arg-type]


def disputed(desk: Desk, market: str = "PAIR") -> Desk:
    """List a market of two stations that conflict, with a position, and let it close."""
    desk.list(two_stations(market))
    desk.place(market=market, qty=10)
    desk.observe([*hours(0, 20, 0), *hours(0, 60, 0, station=OHARE)])
    desk.settle(market)
    assert desk.market(market).status == "disputed"
    return desk
