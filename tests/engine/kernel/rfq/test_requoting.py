"""Quotes made anew: when the price has moved or time runs out, after the old one is gone, so often and no oftener."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from engine.core.commands import SetStrategy, StrategyState
from engine.core.events import BooksStale
from engine.core.ids import DERIBIT
from engine.core.units import SECOND, Nanos, Side
from engine.strategies import rfq_desk
from tests.engine.kernel.rfq.world import HEDGE_CALL, ROWS, RYSK, SPOT, World

FREE = tuple(
    replace(row, can=("QUOTE_REQUESTS", "WITHDRAW_QUOTES")) if row.id == RYSK else row for row in ROWS
)  # fmt: skip
"""The same venues, of which the one that asks takes quotes back."""


def begun(free: bool, **values: str) -> World:
    """A world whose desk quotes anew; `free`: its venue takes quotes back."""
    world = World(**({"venues": FREE} if free else {}))
    world.tell(**{"requote": "on", "requote_move": "50", "requote_pause": "2"} | values)
    return world


def go(world: World, seconds: int, spot: Decimal = SPOT) -> None:
    """Let time pass on a market at a price; what is taken back is gone at once."""
    for _ in range(seconds):
        world.spot = spot
        world.quote()
        world.run(Nanos(world.at + SECOND))
        dropped, world.dropped = world.dropped, []
        for quote in dropped:
            world.stands(quote, "cancelled", text="taken back")


def standing(world: World, **terms: Any) -> Any:
    """Let a taker ask, and our quote stand."""
    asked = world.request(qty="0.5", **terms)
    world.stands(world.signed[-1])
    return asked


@pytest.mark.parametrize("spot", [Decimal(3_100), Decimal(2_900)])
def test_a_price_that_moved_takes_the_old_quote_back_first_and_then_quotes_anew(spot: Decimal) -> None:
    world = begun(True)
    asked = standing(world)
    old = world.signed[0]
    go(world, 4)
    assert len(world.signed) == 1
    go(world, 4, spot)
    assert len(world.signed) == 2
    new = world.signed[1]
    assert int(new.client) > int(old.client)
    assert (new.legs[0].price or 0) * (1 if spot > SPOT else -1) > (old.legs[0].price or 0) * (1 if spot > SPOT else -1)
    assert asked.made[0].status == "cancelled"
    assert asked.state == "QUOTED"
    steps = world.steps()
    assert steps.index("TAKING BACK") < steps.index("REQUOTED")
    assert "moved by" in next(one.text for one in asked.steps if one.what == "REQUOTED")


@pytest.mark.parametrize(("spot", "anew"), [(Decimal(3_100), 2), (Decimal(2_900), 1)])
def test_where_nothing_is_taken_back_only_what_is_better_for_the_taker_is_put_beside_it(spot, anew: int) -> None:
    world = begun(False)
    asked = standing(world)
    go(world, 5, spot)
    assert len(world.signed) == anew
    assert not any(one.status == "cancelled" for one in asked.made)
    assert len(world.state.rfq.live(world.at)) == anew  # both count in the limits


def test_a_quote_whose_time_runs_out_is_followed_by_another_while_the_request_is_open() -> None:
    world = begun(False, valid="10", requote_before="3")
    asked = standing(world, expires=Nanos(world.at + 25 * SECOND))
    go(world, 5)
    assert len(world.signed) == 1
    go(world, 4)
    assert len(world.signed) == 2
    assert world.signed[1].until > world.signed[0].until
    world.stands(world.signed[1])
    go(world, 40)
    assert max(one.until for one in world.signed) <= asked.request.expires
    assert [one.what for one in asked.steps].count("REQUOTED") == len(world.signed) - 1


def test_so_many_times_and_so_long_after_each_other() -> None:
    world = begun(True, requotes="2", requote_pause="5")
    asked = standing(world)
    for number in range(12):
        go(world, 2, SPOT + 100 * (1 + number % 2))
        world.stands(world.signed[-1])
    assert (len(world.signed), asked.requotes) == (3, 2)
    made = [one.at for one in asked.made]
    assert all(later - at >= 5 * SECOND for at, later in pairwise(made))


def test_nothing_is_quoted_anew_without_a_fresh_price_a_desk_that_sends_or_a_known_fate() -> None:
    for number, wrong in enumerate(("stale", "off", "lost", "taken", "over", "switch")):
        world = begun(False)
        asked = standing(world, name=f"r-{number}")
        match wrong:
            case "off":
                world.ask(SetStrategy(strategy=rfq_desk.NAME, to=StrategyState.SHADOW))
            case "lost":
                world.stands(world.signed[0], "lost")
            case "taken":
                world.taken(world.signed[0])
            case "over":
                asked.over = "expired"
            case "switch":
                world.tell(requote="off")
            case _:
                pass
        for _ in range(5):
            world.spot = Decimal(3_100)
            world.quote()
            if wrong == "stale":
                world.do(BooksStale(at=world.at, venue=DERIBIT, instruments=(HEDGE_CALL,), why="a gap"))
            world.run(Nanos(world.at + SECOND))
        assert len(world.signed) == 1, wrong


def test_a_limit_that_a_second_quote_would_pass_is_said_and_the_first_one_stands() -> None:
    world = begun(False, max_size="0.7")
    asked = standing(world)
    go(world, 5, Decimal(3_100))
    assert len(world.signed) == 1
    assert "would be 1" in asked.why
    assert "NOT REQUOTED" in world.steps()
    assert asked.state == "QUOTED"


def test_a_new_quote_that_is_taken_is_hedged_once_and_two_sides_are_quoted_together() -> None:
    world = begun(True)
    asked = standing(world, side=Side.SELL)
    go(world, 5, Decimal(3_100))
    assert asked.requotes == 1
    world.taken(world.signed[1])
    assert len(world.orders) == 1
    go(world, 3, Decimal(3_300))
    assert len(world.signed) == 2
