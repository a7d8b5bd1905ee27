"""After a restart the desk, the maker and the hedger stand where they stood: nobody has a second allowance."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.core.commands import Place, SetParameter, SetStrategy, StrategyState
from engine.core.quotes import QuoteLeg
from engine.core.snapshot import Snapshot
from engine.core.units import SECOND, Nanos, Qty, Side, Ticks
from engine.store import database, ledger, load, migrations
from engine.strategies import hedger
from engine.strategies.hedger import Hedger
from tests.engine.kernel.disk import Ledger
from tests.engine.kernel.rfq.world import ASKED, CALL, HEDGE_CALL, PUT, ROWS, World


def restarted(world: World, after_s: int = 5, **terms: Any) -> World:
    """Begin anew on what is on disk."""
    ledger = Ledger()
    for keep in world.rows:
        ledger.take(keep)
    base = Snapshot(
        profile="test", mode="paper", account_name="paper", place="Chicago", utc_offset_hours=-6,
        beat=Nanos(60 * SECOND), venues=ROWS, salt="abcdef012345",
    )  # fmt: skip
    found = ledger.snapshot(base)
    given = {name: getattr(found, name) for name in found.__struct_fields__ if name not in {"profile", "salt"}}
    return World(at=Nanos(world.at + after_s * SECOND), **given | terms)


def from_disk(world: World, folder: Path) -> World:
    """Begin anew on what the store itself reads of a file."""
    path = folder / "ledger.db"
    migrations.apply(path)
    with closing(database.connect(path, full=True)) as connection:
        ledger.prepare(connection)
        for keep in world.rows:
            ledger.write(connection, keep.rows)
    found = load.load(path, Snapshot(profile="test", mode="paper", account_name="paper", venues=ROWS))
    names = ("orders", "held", "listings", "venue_fills", "rfq_trades", "quotes", "quote_nonce", "next_order")
    later = World(at=Nanos(world.at + 5 * SECOND), **{name: getattr(found, name) for name in names})
    later.connect()
    return later


def test_quotes_of_an_earlier_session_count_in_every_limit_from_the_first_moment() -> None:
    world = World()
    world.request(qty="5")
    (quote,) = world.signed
    sums = world.state.rfq.live(world.at)[0].sums
    assert sums is not None
    later = restarted(world)
    assert [one.sums for one in later.state.rfq.live(later.at)] == [sums]
    for limit, most in (
        ("max_delta", sums.delta), ("max_vega", sums.vega), ("max_gamma", sums.gamma * 30),
        ("max_premium", sums.premium),
    ):  # fmt: skip
        later.tell(**{limit: f"{1.2 * most:.6f}"})
        asked = later.request(legs=(QuoteLeg(instrument=ASKED[4].id, side=Side.BUY),), qty="5", name=limit)
        assert asked.state == "PENDING", limit
        assert {"max_premium": "premiums of live"}.get(limit, f"{limit[4:]} would be") in asked.why
        later.tell(**{limit: "1000000"})
        later.at = Nanos(later.at + SECOND)
    later.at = Nanos(quote.until + 61 * SECOND)
    later.quote()
    later.tell(max_premium=f"{1.2 * sums.premium:.6f}")
    assert later.request(legs=(QuoteLeg(instrument=ASKED[4].id, side=Side.BUY),), qty="5", name="free").made


def test_a_quote_of_an_older_version_whose_greeks_nobody_kept_holds_all_others_back_while_it_may_be_taken() -> None:
    world = World()
    world.request()
    (kept,) = restarted(world).state.rfq.live(world.at)
    old = [
        msgspec.structs.replace(one, sums=None)
        for one in _quotes(world)
    ]  # fmt: skip
    later = restarted(world, quotes=tuple(old))
    asked = later.request(legs=(QuoteLeg(instrument=PUT, side=Side.BUY),), name="r-2")
    assert f"quote {kept.quote.client} of an older version" in asked.why
    later.at = Nanos(kept.counts_until)
    later.quote()
    assert later.request(legs=(QuoteLeg(instrument=PUT, side=Side.BUY),), name="r-3").made


def _quotes(world: World) -> Any:
    ledger = Ledger()
    for keep in world.rows:
        ledger.take(keep)
    return ledger.snapshot(Snapshot(profile="", mode="paper", account_name="paper")).quotes


@pytest.mark.parametrize(
    ("after_s", "withdraws", "back"), [(5, True, 1), (3_600, True, 1), (90_000, True, 0), (5, False, 0)]
)
def test_quotes_of_an_earlier_session_are_taken_back_where_they_can_be_and_so_asked_for(
    after_s, withdraws, back
) -> None:
    world = World()
    world.request()
    world.request(name="r-2")
    world.stands(world.signed[1], "cancelled")
    can = ("QUOTE_REQUESTS", "WITHDRAW_QUOTES") if withdraws else ("QUOTE_REQUESTS",)
    venues = (*ROWS[:2], msgspec.structs.replace(ROWS[2], can=can))
    later = restarted(world, after_s, venues=venues)
    assert [one.client for one in later.dropped] == [world.signed[0].client] * back
    if back:
        later.stands(later.dropped[0], "cancelled")
        later.connect()
        assert len(later.dropped) == 1, "what is known of is asked for no more"


def test_a_quote_that_was_taken_is_not_asked_for_in_the_next_session() -> None:
    world = World()
    world.request()
    world.stands(world.signed[0])
    world.taken(world.signed[0])
    can = ("QUOTE_REQUESTS", "WITHDRAW_QUOTES")
    later = restarted(world, venues=(*ROWS[:2], msgspec.structs.replace(ROWS[2], can=can)))
    assert later.dropped == []
    assert later.state.rfq.live(later.at) == []


def test_a_trade_that_is_hedged_is_not_hedged_anew_however_many_orders_came_after_its_hedge(tmp_path) -> None:
    world = World()
    world.request()
    world.taken(world.signed[0])
    world.fills(world.orders[0])
    (trade,) = world.state.rfq.trades.values()
    assert trade.state == "HEDGED"
    for number in range(load.history.ORDERS + 1):
        world.ask(
            Place(instrument=HEDGE_CALL, side=Side.BUY, price=Ticks(1), qty=Qty(Decimal(10**6)), intent=f"{number}")
        )
    later = from_disk(world, tmp_path)
    assert [one.state for one in later.state.rfq.trades.values()] == ["HEDGED"]
    assert later.orders == []


def test_what_was_taken_is_booked_once_however_many_fills_came_after_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(load.history, "VENUE_FILLS", 1)
    world = World()
    world.request()
    world.taken(world.signed[0])
    world.fills(world.orders[0])
    later = from_disk(world, tmp_path)
    assert [later.net(one) for one in (CALL, HEDGE_CALL)] == [world.net(one) for one in (CALL, HEDGE_CALL)]
    assert later.net(CALL)


def test_what_the_hedger_spent_of_its_day_is_spent_after_a_restart() -> None:
    world = World()
    world.tell(hedge="none")
    world.request(qty="2")
    world.ask(SetStrategy(strategy=hedger.NAME, to=StrategyState.PAPER), gap=Nanos(0))
    world.taken(world.signed[0])
    world.fills(world.orders[0])
    before = spent(world)
    assert before > 1_000.0
    later = restarted(world)
    assert spent(later) == before
    later.ask(SetParameter(strategy=hedger.NAME, name="daily", value=f"{before:.0f}"), gap=Nanos(0))
    later.request(qty="2", name="r-2")
    sent = len(later.orders)
    later.taken(later.signed[-1], trade="t-2")
    assert len(later.orders) == sent
    why = later.state.strategies.seats[hedger.NAME].why
    assert why is not None
    assert why.code == "daily_cap"


def test_what_the_hedger_remembers_is_checked() -> None:
    one = Hedger()
    for body in ("{", '{"ETH":[1,"x"]}', '{"ETH":[1,1e999]}', '{"ETH":[1,-5.0]}'):
        with pytest.raises(ValueError, match="what it spent"):
            one.recall(hedger.NAME, hedger.SPENT, body, Nanos(0))
    assert one.spent == {}
    assert one.recall(hedger.NAME, "another", "{", Nanos(0)) == ""


def spent(world: World) -> float:
    strategy = world.state.strategies.seats[hedger.NAME].strategy
    assert isinstance(strategy, Hedger)
    return strategy.spent.get("ETH", (0, 0.0))[1]
