"""Pages of which something cannot be read, taken apart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import WireError
from engine.venues.kalshi import salvage
from engine.venues.skipped import Skipped
from tests.engine.venues.kalshi.markets import brackets


def event(**fields) -> dict:
    return {"event_ticker": "KX-26", "series_ticker": "KX", "markets": brackets(), **fields}


def test_a_page_is_the_same_taken_apart_but_for_what_cannot_be_read() -> None:
    skipped = Skipped()
    whole = salvage.events(json.dumps({"events": [event()], "cursor": "c"}).encode(), skipped)
    assert skipped.count == 0
    parts = salvage.events(json.dumps({"events": [event(), event(title=5)], "cursor": "c"}).encode(), skipped)
    assert parts == whole
    assert skipped.count == 1


def test_an_event_whose_markets_lie_beside_it_keeps_those_that_can_be_read() -> None:
    markets = brackets()
    markets[0]["status"] = {}
    skipped = Skipped()
    found = salvage.event(json.dumps({"event": event(markets=None), "markets": markets}).encode(), skipped)
    assert found.event.markets is None
    assert (len(found.markets), found.unread, skipped.count) == (5, 1, 1)


@pytest.mark.parametrize("read", [salvage.events, salvage.event, salvage.markets])
@pytest.mark.parametrize("raw", [b"", b"[]", b'{"events":5,"event":5,"markets":5}', b"[" * 100_000])
def test_what_is_no_page_is_refused(read, raw) -> None:
    with pytest.raises(WireError):
        read(raw, Skipped())


@given(st.lists(st.one_of(st.none(), st.integers(), st.text(), st.dictionaries(st.text(), st.integers())), max_size=5))
def test_whatever_stands_in_a_page_costs_none_of_its_markets(odd) -> None:
    markets = [*odd, *brackets()]
    skipped = Skipped()
    found = salvage.markets(json.dumps({"markets": markets}).encode(), skipped)
    assert [each.ticker for each in found.markets][-6:] == [each["ticker"] for each in brackets()]
    assert found.unread == skipped.count == len(markets) - len(found.markets)
