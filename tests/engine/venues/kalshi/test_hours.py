"""Opening, close and decision of Kalshi markets, by news and by clock; and the exchange's maintenance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.when import instant
from engine.venues.kalshi import maintenance
from engine.venues.kalshi.hours import Day, Hours, status_at
from engine.venues.kalshi.wire import LifecycleMsg
from engine.venues.kalshi.wire_markets import StatusReply
from tests.engine.venues.kalshi.markets import market, parsed

OPENS, CLOSES = instant("2026-08-28T14:00:00Z"), instant("2026-08-30T05:00:00Z")


def learned(at: int, **fields) -> Hours:
    hours = Hours()
    hours.learn(parsed(market("T", **fields)), at)
    return hours


@pytest.mark.parametrize(
    ("status", "at", "by_the_clock"),
    [
        ("unopened", OPENS - 1, "unopened"),
        ("unopened", OPENS, "open"),
        ("unopened", CLOSES, "closed"),
        ("open", CLOSES - 1, "open"),
        ("open", CLOSES, "closed"),
        ("paused", CLOSES, "closed"),
        ("paused", OPENS, "paused"),
        ("determined", CLOSES, "determined"),
        ("settled", CLOSES, "settled"),
    ],
)
def test_the_clock_opens_and_closes_what_nobody_announces(status, at, by_the_clock) -> None:
    assert status_at(Day(status, OPENS, CLOSES), at) == by_the_clock


def test_each_change_is_due_once_and_foretold() -> None:
    hours = learned(OPENS - 10, status="initialized")
    assert hours.next() == OPENS
    assert hours.due(OPENS - 1) == []
    assert [c.status for c in hours.due(OPENS)] == ["open"]
    assert hours.due(OPENS) == []
    assert hours.next() == CLOSES
    (closed,) = hours.due(CLOSES + 5)
    assert (closed.status, closed.closes) == ("closed", CLOSES)
    assert hours.next() is None


def test_a_close_that_is_moved_is_due_at_its_new_time() -> None:
    hours = learned(OPENS + 1)
    sooner = LifecycleMsg(event_type="close_date_updated", market_ticker="T", close_ts=CLOSES // 10**9 - 3_600)
    assert hours.news(sooner, OPENS + 2).closes == CLOSES - 3_600 * 10**9
    assert [c.status for c in hours.due(CLOSES - 3_600 * 10**9)] == ["closed"]


def test_an_early_close_is_told_with_the_news_itself() -> None:
    hours = learned(OPENS + 1)
    now = LifecycleMsg(event_type="close_date_updated", market_ticker="T", close_ts=OPENS // 10**9)
    assert hours.news(now, OPENS + 2).status == "closed"


def test_a_word_of_tomorrow_pauses_a_market() -> None:
    assert learned(OPENS + 1, status="under_review").days["T"].status == "paused"


def test_what_is_not_followed_is_forgotten() -> None:
    hours = learned(OPENS + 1)
    hours.keep(["OTHER"])
    assert hours.days == {}


@given(st.lists(st.integers(OPENS - 100, CLOSES + 100), max_size=8).map(sorted))
def test_statuses_by_the_clock_never_go_back(times) -> None:
    hours = learned(OPENS - 200, status="initialized")
    told = [c.status for at in times for c in hours.due(at)]
    order = ["unopened", "open", "closed"]
    assert told == sorted(set(told), key=order.index)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-08-27T06:59:59Z", None),
        ("2026-08-27T07:00:00Z", "2026-08-27T09:00:00Z"),
        ("2026-08-27T09:00:00Z", None),
        ("2026-08-26T08:00:00Z", None),
        ("2026-01-15T07:30:00Z", None),
        ("2026-01-15T08:30:00Z", "2026-01-15T10:00:00Z"),
        ("2026-03-12T08:30:00Z", "2026-03-12T09:00:00Z"),
        ("2026-03-05T08:30:00Z", "2026-03-05T10:00:00Z"),
        ("2026-11-05T08:30:00Z", "2026-11-05T10:00:00Z"),
        ("2026-10-29T08:30:00Z", "2026-10-29T09:00:00Z"),
    ],
)
def test_maintenance_is_on_thursdays_from_three_to_five_in_new_york(at, until) -> None:
    assert maintenance.scheduled(instant(at)) == (instant(until) if until else None)


def test_the_exchanges_own_word_beats_the_schedule() -> None:
    thursday = instant("2026-08-27T07:30:00Z")
    assert maintenance.until(thursday, StatusReply(True, True)) is None
    assert maintenance.until(thursday, None) == instant("2026-08-27T09:00:00Z")
    stated = StatusReply(True, False, "2026-08-27T08:15:00Z")
    assert maintenance.until(thursday, stated) == instant("2026-08-27T08:15:00Z")
    friday = instant("2026-08-28T07:30:00Z")
    assert maintenance.until(friday, StatusReply(False, False)) == friday + 3_600 * 10**9
