from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from engine.core.commands import Watch
from engine.core.errors import Unreachable
from engine.core.events import Asked, LinkChanged, Listed
from engine.core.ids import KALSHI, POLYMARKET, FamilyId, InstrumentId
from engine.core.instrument import Family, Instrument
from engine.core.units import SECOND, Nanos
from engine.host import cycle as module
from engine.host.cycle import Cycle, Wish
from engine.venues.port import Venue
from engine.venues.skipped import Skipped
from tests.engine.host.fakes import Stand
from tests.engine.host.test_desks import Quiet

if TYPE_CHECKING:
    from collections.abc import Sequence


class Catalogue(Quiet):
    """A venue whose directory answers from a list: what it found, or an error."""

    answers: list[list[Listed] | str]

    async def find(self, what: str) -> Sequence[Listed]:
        await asyncio.sleep(0)
        self.asked.append(("find", what))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, str):
            raise Unreachable(KALSHI, answer)
        return answer


def listed(title: str) -> Listed:
    one = Instrument(id=InstrumentId(KALSHI, "A"), title=title)
    return Listed(at=Nanos(1), family=Family(id=FamilyId("kalshi:E"), title=title), instruments=(one,))


def catalogue(*answers: list[Listed] | str) -> Catalogue:
    found = Catalogue()
    found.answers = list(answers)
    return found


async def test_what_is_new_is_told_once_and_followed() -> None:
    stand, venue = Stand(), catalogue([listed("a")], [listed("a")], [listed("b")])
    cycle = Cycle([Wish(venue=KALSHI, what="S", every_s=0.0)], {KALSHI: Venue(KALSHI, venue, None, venue)}, stand.host)
    task = asyncio.ensure_future(cycle.run())
    await stand.until(lambda: len(venue.asked) > 5)
    task.cancel()
    await stand.settle()
    news = [event for event in stand.kernel.seen if isinstance(event, Listed)]
    assert [event.family.title for event in news] == ["a", "b"]
    asked = [event.command for event in stand.kernel.seen if isinstance(event, Asked)]
    assert asked == [Watch(what="kalshi:E")]


def ends(status: str = "open") -> Listed:
    one = listed("a")
    return replace(one, instruments=(replace(one.instruments[0], closes=Nanos(300 * SECOND), status=status),))


async def watched(answers: list[list[Listed]], wish: Wish, *times: int) -> list[bool]:
    """What was told of watching, true for on, by looking up at these times."""
    stand, venue = Stand(), catalogue(*answers)
    cycle = Cycle([], {KALSHI: Venue(KALSHI, venue, None, venue)}, stand.host)
    for at in times:
        stand.clock.at = Nanos(at)
        assert await cycle._once(wish)
    await stand.settle()
    asked = [event.command for event in stand.kernel.seen if isinstance(event, Asked)]
    assert all(isinstance(one, Watch) and one.what == "kalshi:E" for one in asked)
    return [one.on for one in asked]


WINDOWS = Wish(venue=KALSHI, what="btc-updown-5m", window_s=300)
DAYS = Wish(venue=KALSHI, what="KXHIGHCHI")


async def test_a_window_that_closed_long_ago_is_followed_no_more() -> None:
    over = 300 * SECOND + module.AFTER
    assert await watched([[ends()], [], []], WINDOWS, 0, over) == [True]
    assert await watched([[ends()], [ends("closed")], []], WINDOWS, 0, over, over + 1, over + SECOND) == [True, False]


async def test_brackets_are_followed_until_their_result_has_had_time_to_come() -> None:
    over = 300 * SECOND + module.RESULT
    assert await watched([[ends()], []], DAYS, 0, 300 * SECOND + module.AFTER + 1, over) == [True]
    assert await watched([[ends()], [], []], DAYS, 0, over + 1, over + SECOND) == [True, False]


async def test_what_trades_past_the_close_that_the_venue_named_stays_followed_while_it_is_listed() -> None:
    late = 300 * SECOND + module.RESULT + 1
    assert await watched([[ends()], [ends()], []], DAYS, 0, late, late + module.RESULT) == [True]
    assert await watched([[ends()], [ends()], []], DAYS, 0, late, late + module.RESULT + 1) == [True, False]


async def test_what_trades_again_after_it_was_let_go_is_followed_again_and_what_is_over_is_not() -> None:
    late = 300 * SECOND + module.RESULT + 1
    assert await watched([[ends()], [], [ends()]], DAYS, 0, late, late + 1) == [True, False, True]
    assert await watched([[ends()], [], [ends("settled")]], DAYS, 0, late, late + 1) == [True, False]


async def test_a_directory_that_is_down_is_told_once_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.0)
    stand, venue = Stand(), catalogue("no way there", "no way there", [], [])
    wishes = [Wish(venue=KALSHI, what="S", every_s=0.001), Wish(venue=POLYMARKET, what="not wired")]
    cycle = Cycle(wishes, {KALSHI: Venue(KALSHI, venue, None, venue)}, stand.host)
    task = asyncio.ensure_future(cycle.run())
    await stand.until(lambda: len(venue.asked) > 4)
    task.cancel()
    await stand.settle()
    links = [event for event in stand.kernel.seen if isinstance(event, LinkChanged)]
    assert [(event.up, event.channel, event.why) for event in links] == [
        (False, "directory", "no way there"),
        (True, "directory", ""),
    ]


class Patchy(Catalogue):
    """A venue of which one market can never be read."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = Skipped()

    async def find(self, what: str) -> Sequence[Listed]:
        self.skipped.add("KX-1", "no number")
        return await super().find(what)


async def test_a_market_that_cannot_be_read_is_named_once_and_the_rest_is_told() -> None:
    stand, venue = Stand(), Patchy()
    venue.answers = [[listed("a")]]
    cycle = Cycle([], {KALSHI: Venue(KALSHI, venue, None, venue)}, stand.host)
    for _ in range(3):
        assert await cycle._once(DAYS)
    await stand.settle()
    links = [event for event in stand.kernel.seen if isinstance(event, LinkChanged)]
    assert [(event.up, event.why) for event in links] == [
        (True, ""),
        (True, "left out, since they cannot be read: KX-1: no number"),
    ]
    assert [event.family.title for event in stand.kernel.seen if isinstance(event, Listed)] == ["a"]


@pytest.mark.parametrize(
    ("now", "waits"),
    [(0, 290.0), (289, 1.0), (290, 300.0), (299, 291.0), (300, 290.0)],
)
async def test_windows_are_looked_up_ten_seconds_before_they_begin(now: int, waits: float) -> None:
    stand = Stand()
    asked: list[int] = []

    def wait(until: Nanos) -> float:
        asked.append(until)
        return (until - stand.clock.at) / SECOND

    stand.clock.at = Nanos(now * SECOND)
    stand.clock.wait = wait  # type: ignore[method-assign]  # a clock that tells how long it would be
    cycle = Cycle([], {}, stand.host)
    wish = Wish(venue=KALSHI, what="btc-updown-5m", window_s=300)
    assert cycle._until_next(wish) == waits
    assert asked[0] % (300 * SECOND) == 290 * SECOND
