"""Discovery of Kalshi events against a real server: by series, event and market."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from engine.core.errors import VenueRefused, WireError
from engine.core.ids import KALSHI
from engine.venues.kalshi import venue as kalshi
from engine.venues.kalshi.directory import Directory
from engine.venues.rest import Rest
from tests.engine.venues.kalshi.markets import brackets, market
from tests.fakes.kalshi import FakeKalshi, serving


def event(ticker: str = "KXHIGHNY-26AUG29", markets: list | None = None, **fields) -> dict:
    return {
        "event_ticker": ticker,
        "series_ticker": "KXHIGHNY",
        "title": "Highest temperature in NYC?",
        "mutually_exclusive": True,
        **({"markets": markets} if markets is not None else {}),
        **fields,
    }


def asked(venue: FakeKalshi, scenario):
    async def whole():
        async with serving(venue):
            budget = kalshi.budget(kalshi.TIERS["prime"])
            rest = Rest(KALSHI, venue.endpoints().rest, time.time_ns, budget=budget, rng=random.Random(3))
            try:
                return await scenario(Directory(rest, time.time_ns))
            finally:
                await rest.close()

    return asyncio.run(whole())


def test_a_series_gives_its_live_events_page_by_page() -> None:
    days = [event(f"KXHIGHNY-26AUG{n}", brackets()) for n in (28, 29, 30)]
    venue = FakeKalshi(events=days, page=2)
    found = asked(venue, lambda directory: directory.find("kxhighny"))
    assert [each.family.id for each in found] == [f"kalshi:KXHIGHNY-26AUG{n}" for n in (28, 29, 30)]
    assert all(len(each.instruments) == 6 and each.family.exhaustive for each in found)


def test_series_facts_are_asked_for_once() -> None:
    venue = FakeKalshi(events=[event(f"KXHIGHNY-26AUG{n}", brackets()) for n in (28, 29)])

    async def twice(directory: Directory):
        await directory.find("KXHIGHNY")
        await directory.find("KXHIGHNY")

    asked(venue, twice)
    assert len(venue.sent("GET", "/series/KXHIGHNY")) == 1


def test_one_event_is_found_by_its_ticker_and_by_one_of_its_markets() -> None:
    markets = brackets()
    venue = FakeKalshi(events=[event(markets=markets)], markets={m["ticker"]: m for m in markets})
    (by_event,) = asked(venue, lambda directory: directory.find("KXHIGHNY-26AUG29"))
    (by_market,) = asked(venue, lambda directory: directory.find("KXHIGHNY-26AUG29-B84.5"))
    assert by_event.family == by_market.family


def test_markets_that_are_not_nested_are_asked_for() -> None:
    markets = brackets(status="finalized")
    venue = FakeKalshi(events=[event()], markets={m["ticker"]: m for m in markets}, page=4)
    (found,) = asked(venue, lambda directory: directory.find("KXHIGHNY-26AUG29"))
    assert len(found.instruments) == 6
    assert {each.status for each in found.instruments} == {"settled"}


def test_one_event_that_cannot_be_read_does_not_hide_the_others() -> None:
    bad = event("KXHIGHNY-26AUG30", [market("X", price_ranges=[{"start": "0", "end": "1", "step": "0"}])])

    async def scenario(directory: Directory):
        return len(await directory.find("KXHIGHNY")), directory.skipped.count

    assert asked(FakeKalshi(events=[event(markets=brackets()), bad]), scenario) == (1, 1)
    with pytest.raises(WireError):
        asked(FakeKalshi(events=[bad]), scenario)


@pytest.mark.parametrize(
    "wrong",
    [
        {"floor_strike": "x"},
        {"price_ranges": "none"},
        {"price_ranges": [{"start": "0", "end": "1", "step": "0"}]},
        {"close_time": "no time"},
        {"floor_strike": 10**30},
    ],
)
@pytest.mark.parametrize("nested", [True, False])
def test_a_market_that_cannot_be_read_is_left_out_and_named_once_while_the_rest_is_listed(wrong, nested) -> None:
    markets = brackets()
    markets[1] |= wrong
    other = event("KXHIGHNY-26AUG30", brackets())
    sick = event(markets=markets if nested else None)
    venue = FakeKalshi(events=[sick, other], markets={m["ticker"]: m for m in markets})

    async def scenario(directory: Directory):
        first, second = [await directory.find("KXHIGHNY") for _ in range(2)]
        return first, second, directory.skipped

    first, second, skipped = asked(venue, scenario)
    for found in (first, second):
        assert {each.family.id: len(each.instruments) for each in found} == {
            "kalshi:KXHIGHNY-26AUG29": 5,
            "kalshi:KXHIGHNY-26AUG30": 6,
        }
        ill, well = sorted(found, key=lambda each: each.family.id)
        assert not ill.family.exhaustive
        assert well.family.exhaustive
        assert "KXHIGHNY-26AUG29-B82.5" not in {each.id.symbol for each in ill.instruments}
    assert skipped.count == 2
    (named,) = skipped.news()
    assert named.startswith("KXHIGHNY-26AUG29-B82.5: ")
    assert skipped.news() == ()


def test_a_market_that_cannot_be_read_keeps_no_other_from_being_read_again() -> None:
    markets = {m["ticker"]: m for m in brackets()}
    markets["KXHIGHNY-26AUG29-B84.5"] |= {"title": 5}

    async def scenario(directory: Directory):
        return {each.ticker for each in await directory.markets(sorted(markets))}

    assert asked(FakeKalshi(markets=markets), scenario) == markets.keys() - {"KXHIGHNY-26AUG29-B84.5"}


def test_an_event_of_which_nothing_can_be_read_does_not_hide_the_others_of_its_page() -> None:
    bad = event("KXHIGHNY-26AUG30", brackets(), title=7)

    async def scenario(directory: Directory):
        return len(await directory.find("KXHIGHNY")), directory.skipped.news()

    count, (named,) = asked(FakeKalshi(events=[event(markets=brackets()), bad]), scenario)
    assert count == 1
    assert named.startswith("KXHIGHNY-26AUG30: ")
    with pytest.raises(WireError):
        asked(FakeKalshi(events=[bad]), scenario)


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(VenueRefused):
        asked(FakeKalshi(), lambda directory: directory.find("KXNONE-26AUG29"))


@pytest.mark.parametrize("name", ["", "../portfolio/balance", "KX?status=open", "K" * 200])
def test_a_name_that_is_none_is_never_asked_for(name) -> None:
    venue = FakeKalshi()
    with pytest.raises(VenueRefused) as refused:
        asked(venue, lambda directory: directory.find(name))
    assert refused.value.code == "no_name"
    assert venue.asked == []


def test_a_series_without_live_events_gives_none() -> None:
    assert asked(FakeKalshi(), lambda directory: directory.find("KXHIGHCHI")) == []
