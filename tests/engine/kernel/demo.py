"""Simulated hours of the demo day, with a trader and an operator in them, stepped by a desk."""

from __future__ import annotations

import random
from decimal import Decimal
from itertools import takewhile

import msgspec

import resources
from engine.core.commands import Flatten, Halt, ReduceOnly, Release, Role, Rule, SelfTest, SetLimit, TakeRole
from engine.core.ids import YOU, MarketId
from engine.core.snapshot import Snapshot, StationRow
from engine.core.units import HOUR, MINUTE, SECOND, Leg, Nanos, Side
from engine.sandbox import day
from tests.engine.kernel.desk import Desk

STATIONS = tuple(StationRow(**facts) for facts in resources.load_stations())


def opening(built: day.Day) -> Snapshot:
    """Return what a demo session opens with on an empty ledger."""
    return Snapshot(
        profile="test", mode="demo", account_name="demo", stations=STATIONS, place=built.place,
        utc_offset_hours=built.utc_offset_hours, seed_cash=built.accounts, operators=built.operators,
        beat=Nanos(MINUTE),
    )  # fmt: skip


def played(hours: float, *, seed: int = day.SEED, trades: bool = True) -> Desk:
    """Play the day's first hours; with `trades` we do something about every two minutes of them."""
    built = day.build(seed, STATIONS)
    desk = Desk(opening(built), at=built.start)
    chance = random.Random(seed)
    acts = iter(range(1_000_000))
    next_act = built.start + 3 * MINUTE
    until = built.start + int(hours * HOUR)
    for event in takewhile(lambda e: e.at <= until, built.events()):
        while trades and event.at >= next_act:
            desk.run(Nanos(next_act))
            act(desk, chance, next(acts))
            next_act += 2 * MINUTE
        desk.run(event.at)
        desk.do(event)
    desk.run(Nanos(until))
    return desk


def act(desk: Desk, chance: random.Random, number: int) -> None:
    """Do one thing; the rare ones by turns, so that a few hours have all of them."""
    rare = {
        7: Halt(why="lunch"), 9: Release(typed="demo"), 12: ReduceOnly(on=True), 14: ReduceOnly(on=False),
        16: SetLimit(gate="ORDER_QTY", value=Decimal(200)), 18: SelfTest(), 20: TakeRole(role=Role.OPERATOR),
        26: Flatten(),
    }  # fmt: skip
    if number in rare:
        desk.ask(rare[number])
        return
    ruled = [m.id for m in desk.state.exchange.markets.values() if m.status == "disputed"]
    if ruled and number > 20 and number % 5 == 0:
        desk.ask(Rule(market=ruled[0], winner=chance.choice((0, 1, None)), why="gauge read by hand"))
        return
    held = list(desk.state.exchange.holdings(YOU))
    if held and chance.random() < 0.3:
        one = chance.choice(held)
        place = desk.order(Side.SELL, one.leg, one.market, one.outcome, qty=Decimal(chance.randint(1, 10)))
    else:
        place = bought(desk, chance)
    desk.holding = chance.random() < 0.3
    if chance.random() < 0.1:
        desk.ask(place, Nanos(SECOND))
    desk.ask(msgspec.structs.replace(place), Nanos(SECOND))
    desk.free()


def bought(desk: Desk, chance: random.Random):
    """Return a purchase in a market that is open."""
    names = [m.id for m in desk.state.exchange.markets.values() if m.status == "open"] or [MarketId("NOWHERE")]
    name = chance.choice(names)
    market = desk.state.exchange.markets.get(name)
    outcome = chance.choice(market.contract.tradable) if market is not None else 0
    terms = chance.choice(({"qty": chance.randint(1, 15)}, {"budget": "2.5"}, {"qty": 5, "price": 6_000}))
    return desk.order(Side.BUY, chance.choice((Leg.YES, Leg.NO)), name, outcome, **terms)
