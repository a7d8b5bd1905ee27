"""Discovery: windows by the clock, events by slug, series and topics, fees as the market states them."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from engine.core.errors import VenueError, VenueRefused, WireError
from engine.core.fee_rule import NO_FEE
from engine.core.ids import POLYMARKET, InstrumentId
from engine.core.units import SECOND, Nanos
from engine.venues.polymarket import listing, wire_gamma
from engine.venues.polymarket.cache import Cache
from engine.venues.polymarket.directory import window_slugs
from engine.venues.polymarket.venue import build
from tests.fakes.polymarket import CONDITION, FakePolymarket, serving

NOW = Nanos(1_773_307_260 * SECOND)


def market(number: int, title: str = "", **more: object) -> dict[str, object]:
    tokens = json.dumps([str(1000 + number), str(2000 + number)])
    return {
        "conditionId": "0x" + f"{number:064x}", "question": f"Question {number}?", "slug": f"market-{number}",
        "outcomes": '["Yes", "No"]', "outcomePrices": '["0.5", "0.5"]', "clobTokenIds": tokens, "active": True,
        "closed": False, "acceptingOrders": True, "orderPriceMinTickSize": 0.01, "orderMinSize": 5, "negRisk": True,
        "groupItemTitle": title, "endDate": "2026-03-12T23:00:00Z",
        "resolutionSource": "https://www.wunderground.com/history/daily/us/ny/new-york-city/KLGA",
    } | more  # fmt: skip


def event(slug: str, markets: list[dict[str, object]], **more: object) -> dict[str, object]:
    return {"slug": slug, "title": f"Highest temperature in {slug}?", "negRisk": True, "markets": markets} | more


BRACKETS = [market(3, "28°F or higher"), market(1, "25°F or below"), market(2, "26-27°F")]


@asynccontextmanager
async def served(**settings):
    async with serving(FakePolymarket(**settings)) as fake:
        venue = build(fake.endpoints(), None, lambda: NOW, random.Random(1))
        try:
            yield fake, venue.directory
        finally:
            await venue.directory._gamma.close()
            await venue.directory._facts.clob.close()


def find(what: str, **settings):
    async def work():
        async with served(**settings) as (_, directory):
            return await directory.find(what)

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("orderPriceMinTickSize", "9e999990"),  # as a whole number it has a million digits, which took 36 s
        ("orderPriceMinTickSize", "1e-999999"),
        ("orderMinSize", "1e-999999"),  # written out it has a million places
        ("orderMinSize", "9e999990"),
    ],
)
def test_a_number_of_absurd_size_is_refused_unread(name: str, number: str) -> None:
    raw = json.dumps(event("nyc", [market(1) | {name: 7777}])).replace("7777", number).encode()
    (found,) = wire_gamma.events(b"[" + raw + b"]")
    with pytest.raises(WireError, match=r"no tick size|no least order"):
        listing.listed(found, NOW)


def test_slugs_of_windows_follow_from_the_clock() -> None:
    assert window_slugs("btc", "5m", NOW) == ["btc-updown-5m-1773307200", "btc-updown-5m-1773307500"]
    assert window_slugs("eth", "15m", NOW, ahead=0) == ["eth-updown-15m-1773306900"]
    assert window_slugs("btc", "4h", NOW, ahead=0) == ["btc-updown-4h-1773302400"]


def test_a_window_is_the_running_one_and_the_next() -> None:
    slugs = window_slugs("btc", "5m", NOW)
    up = {"outcomes": '["Up", "Down"]', "negRisk": False}
    pages = {f"events/{s}": event(s, [market(n, **up)], negRisk=False) for n, s in enumerate(slugs, 1)}
    found = find("btc-updown-5m", events=pages)
    assert [one.family.id for one in found] == [f"polymarket:{slug}" for slug in slugs]
    assert {one.family.group for one in found} == {"Crypto · 5 min"}
    assert found[0].instruments[0].label == "Up"


def test_brackets_come_in_order_and_prove_their_family() -> None:
    (found,) = find("nyc", events={"events/nyc": event("nyc", BRACKETS)})
    assert [one.label for one in found.instruments] == ["25°F or below", "26-27°F", "28°F or higher"]
    family = found.family
    assert (family.exclusive, family.exhaustive, family.negative_risk) == (True, True, True)
    assert (family.station, family.unit, family.group) == ("KLGA", "°F", "Weather · high")
    assert family.members == tuple(one.id for one in found.instruments)


def test_a_family_with_a_market_that_cannot_be_traded_is_not_exhaustive() -> None:
    markets = [*BRACKETS[:2], market(2, "26-27°F", clobTokenIds="")]
    (found,) = find("nyc", events={"events/nyc": event("nyc", markets)})
    assert len(found.instruments) == 2
    assert not found.family.exhaustive
    assert "cannot be traded" in found.family.why


def test_names_that_prove_nothing_count_as_the_venue_states_them() -> None:
    people = [market(1, "Ann"), market(2, "Bob")]
    (stated,) = find("who", events={"events/who": event("who", people)})
    assert (stated.family.exclusive, stated.family.exhaustive) == (True, True)
    (open_,) = find("who", events={"events/who": event("who", people, negRiskAugmented=True)})
    assert (open_.family.exclusive, open_.family.exhaustive) == (True, False)
    loose = [market(n, t, negRisk=False) for n, t in ((1, "64,000"), (2, "66,000"))]
    (apart,) = find("btc-above", events={"events/btc-above": event("btc-above", loose, negRisk=False)})
    assert (apart.family.exclusive, apart.family.exhaustive) == (False, False)


def test_a_market_leads_to_its_whole_event() -> None:
    one = market(1, "25°F or below", events=[{"slug": "nyc", "title": "NYC"}])
    (found,) = find("market-1", events={"markets/market-1": one, "events/nyc": event("nyc", BRACKETS)})
    assert len(found.instruments) == 3


def test_a_name_that_is_no_event_is_looked_up_as_a_series() -> None:
    series = [{"id": 7, "slug": "nyc-daily-weather", "title": "NYC"}]
    found = find("nyc-daily-weather", series=series, listing=[event("nyc", BRACKETS), event("empty", [])])
    assert [one.family.id for one in found] == ["polymarket:nyc"]


def test_a_topic_is_listed_by_its_tag() -> None:
    async def work() -> None:
        async with served(listing=[event("nyc", BRACKETS)]) as (fake, directory):
            assert len(await directory.find("tag:weather")) == 1
            (asked,) = fake.sent("GET", "/events/keyset")
            assert asked["tag_slug"] == "weather"
            assert asked["closed"] == "false"

    asyncio.run(work())


def test_one_event_that_cannot_be_read_hides_no_other_of_its_topic() -> None:
    odd = event("odd", [market(7, orderPriceMinTickSize=0)])
    broken = event("broken", [market(8)]) | {"slug": 7}
    found = find("tag:weather", listing=[odd, broken, event("nyc", BRACKETS)])
    assert [one.family.id for one in found] == ["polymarket:nyc"]
    with pytest.raises(WireError):
        find("tag:weather", listing=[odd, broken])


@pytest.mark.parametrize(
    ("of_market", "of_event", "signed_for"), [(None, True, "1"), (False, True, "0"), (None, None, "0")]
)
def test_a_market_that_does_not_say_is_of_the_risk_that_its_event_states(of_market, of_event, signed_for) -> None:
    silent = {name: value for name, value in market(1, "25°F or below").items() if name != "negRisk"}
    if of_market is not None:
        silent["negRisk"] = of_market
    (found,) = find("nyc", events={"events/nyc": event("nyc", [silent], negRisk=of_event)})
    assert found.instruments[0].fact("neg_risk") == signed_for


def test_what_does_not_exist_is_nothing_and_not_asked_for_again_at_once() -> None:
    async def work() -> None:
        async with served() as (fake, directory):
            assert await directory.find("no-such-event") == ()
            asked = len(fake.sent("GET", "/events/slug/no-such-event"))
            assert await directory.find("no-such-event") == ()
            assert len(fake.sent("GET", "/events/slug/no-such-event")) == asked == 1

    asyncio.run(work())


def test_what_was_found_is_remembered_for_a_while() -> None:
    async def work() -> None:
        async with served(events={"events/nyc": event("nyc", BRACKETS)}) as (fake, directory):
            assert await directory.find("nyc") == await directory.find("polymarket:nyc")
            assert len(fake.sent("GET", "/events/slug/nyc")) == 1

    asyncio.run(work())


@pytest.mark.parametrize("name", ["", "../secret", "a b", "x" * 300, "tag:"])
def test_a_name_that_is_no_slug_is_refused(name) -> None:
    with pytest.raises(VenueRefused, match="letters"):
        find(name)


def test_a_fee_is_the_markets_own() -> None:
    schedule = {"exponent": 1, "rate": 0.05, "takerOnly": True, "rebateRate": 0.25}
    stated = market(1, feesEnabled=True, feeSchedule=schedule)
    free = market(2, feesEnabled=False, feeSchedule=schedule)
    asked = market(3, feesEnabled=True)
    (found,) = find("e", events={"events/e": event("e", [stated, free, asked])}, fee={"r": 0.25, "e": 2, "to": True})
    rules = {one.title: one.fee for one in found.instruments}
    assert (rules["Question 1?"].kind, rules["Question 1?"].rate) == ("polymarket", Decimal("0.05"))
    assert rules["Question 2?"] == NO_FEE
    assert (rules["Question 3?"].rate, rules["Question 3?"].exponent) == (Decimal("0.25"), 2)


@pytest.mark.parametrize(
    ("more", "status", "result"),
    [
        ({}, "open", ""),
        ({"acceptingOrders": False}, "paused", ""),
        ({"active": False}, "unopened", ""),
        ({"closed": True, "acceptingOrders": True}, "closed", ""),
        ({"closed": True, "outcomePrices": '["1", "0"]', "umaResolutionStatus": "resolved"}, "settled", "yes"),
        ({"closed": True, "outcomePrices": '["0.5", "0.5"]', "umaResolutionStatus": "resolved"}, "settled", "0.5"),
        ({"closed": True, "outcomePrices": '["0", "1"]', "umaResolutionStatus": "disputed"}, "closed", ""),
        ({"outcomePrices": '["0", "1"]', "umaResolutionStatus": "proposed"}, "determined", "no"),
    ],
)
def test_a_market_stands_where_its_flags_together_say(more, status, result) -> None:
    (found,) = find("e", events={"events/e": event("e", [market(1, **more)])})
    assert (found.instruments[0].status, found.instruments[0].result) == (status, result)


def test_an_answer_that_cannot_be_read_is_an_error_of_the_venue() -> None:
    for wrong in (
        {"slug": 7},
        event("e", [market(1, orderPriceMinTickSize=-1)]),
        event("e", [market(1, endDate="soon")]),
    ):
        with pytest.raises(VenueError):
            find("e", events={"events/e": wrong})


def test_a_market_nobody_listed_is_asked_of_the_order_book() -> None:
    async def work() -> None:
        async with served() as (_, directory):
            found = await directory._facts.get(InstrumentId(POLYMARKET, CONDITION))
            assert (found.title, found.least, found.nets) == ("Will it?", 5, False)
            with pytest.raises(VenueError):
                await directory._facts.get(InstrumentId(POLYMARKET, "0x" + "d" * 64))

    asyncio.run(work())


def test_a_cache_is_bounded_and_forgets() -> None:
    clock = [Nanos(0)]
    cache: Cache[int, str] = Cache(lambda: clock[0], room=2, life=Nanos(10))
    assert cache.put(1, "a") == cache.put(2, "b") == []
    assert cache.any(1) == "a"
    assert cache.put(3, "c") == [2]
    clock[0] = Nanos(11)
    assert cache.fresh(1) is None
    assert cache.any(1) == "a"
    assert len(cache) == 2
