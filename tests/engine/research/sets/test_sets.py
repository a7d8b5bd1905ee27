"""Every set: what its description counts, the order of time, and nothing known before its time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.core.events import BookSnapshot, Listed, StatusChanged, Trade
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import MINUTE, SECOND, Lots, Side
from engine.research import sets
from engine.research.sets import kalshi_events
from engine.research.sets.implied import Implied
from engine.research.sets.recording import Assumed
from tests.shared import shared

COUNTS = [
    ("kalshi-weather-trades", 48, 61_422, 48),
    ("kalshi-15m-crypto-trades", 24, 73_654, None),
    ("kalshi-ny-bbo", 11, 415_569, 11),
    ("kalshi-miami-minute", 7, 8_348, 7),
    ("polymarket-btc5m-ladder", 1, 121, 58),
    ("polymarket-btc5m-chainlink", 1, 84_558, 137),
    pytest.param("polymarket-btc5m-books", 25, 89_736, None, marks=pytest.mark.full),
]
"""(name, parts, rows, markets that end in YES), as the descriptions of the sets give them."""


@pytest.mark.parametrize(("name", "parts", "rows", "won"), COUNTS)
def test_a_set_holds_what_its_description_counts(name, parts, rows, won) -> None:
    found = list(sets.ALL[name].parts(shared(f"data/{name}"), Assumed()))
    assert (len(found), sum(part.rows for part in found)) == (parts, rows)
    if won is not None:
        assert sum(result == "yes" for part in found for result in part.results.values()) == won


@pytest.mark.parametrize("name", [case[0] for case in COUNTS[:-1]])
def test_nothing_of_a_part_is_known_before_its_time(name) -> None:
    """Times never go back; results come after the close, and no book or trade of a market after that."""
    part = next(iter(sets.ALL[name].parts(shared(f"data/{name}"), Assumed())))
    before, closed, listed, decided = 0, {}, set(), {}
    for event in part.events():
        assert event.at >= before
        before = event.at
        if isinstance(event, Listed):
            listed |= {one.id for one in event.instruments}
            assert all(one.status == "open" and not one.result for one in event.instruments)
        elif isinstance(event, StatusChanged):
            if event.result:
                assert event.at > closed[event.instrument]
                decided[event.instrument] = event.result
            else:
                closed[event.instrument] = event.at
        elif isinstance(event, BookSnapshot | Trade) and event.instrument.venue != "binance":
            assert event.instrument in listed
            assert event.instrument not in closed
    assert decided == part.results


def test_new_yorks_logger_was_silent_and_its_books_are_stale() -> None:
    part = next(iter(sets.ALL["kalshi-ny-bbo"].parts(shared("data/kalshi-ny-bbo"), Assumed())))
    kinds = [type(event).__name__ for event in part.events()]
    assert 1 <= kinds.count("BooksStale") <= 7


IT = InstrumentId(KALSHI, "KXTEST-1")


@given(st.lists(st.tuples(st.integers(1, 99), st.sampled_from(Side)), min_size=1, max_size=60))
def test_quotes_implied_by_a_tape_never_cross_and_hold_the_last_trade(tape) -> None:
    quotes = Implied(IT, Lots(5_000), step=100, low=100, high=9_900)
    book = None
    for at, (cents, taker) in enumerate(tape):
        book = quotes.trade(at, cents * 100, taker) or book
        assert book is not None
        touch = book.asks if taker is Side.BUY else book.bids
        assert touch == ((cents * 100, 5_000),)
        if book.bids and book.asks:
            assert book.bids[0][0] < book.asks[0][0]


def test_slippage_moves_both_sides_of_an_implied_touch_away() -> None:
    quotes = Implied(IT, Lots(100), step=100, low=100, high=9_900, slip=100)
    quotes.trade(1, 4_000, Side.SELL)
    book = quotes.trade(2, 4_500, Side.BUY)
    assert book is not None
    assert (book.bids, book.asks) == (((3_900, 100),), ((4_600, 100),))


def test_labels_of_a_page_are_brackets_or_refused() -> None:
    markets = kalshi_events.from_labels("KXHIGHMIA-26APR20", ["78° or below", "79° to 80°", "81° or above"])
    listed = kalshi_events.listed(
        {"event_ticker": "KXHIGHMIA-26APR20", "title": "Highest temperature in Miami?", "mutually_exclusive": True},
        [one | {"close_time": "2026-04-21T04:59:00Z"} for one in markets], SECOND, kalshi_events.SINCE_2026,
    )  # fmt: skip
    assert [(one.strike.low, one.strike.high) for one in listed.instruments] == [(None, 78), (79, 80), (81, None)]
    assert listed.family.exhaustive
    with pytest.raises(InputError, match="'79 degrees' is no bracket"):
        kalshi_events.from_labels("X", ["79 degrees"])
    with pytest.raises(InputError, match="1 open brackets where two were expected"):
        kalshi_events.from_tickers("X", ["X-T50", "X-B51.5"])


def test_markets_close_then_settle() -> None:
    told = list(kalshi_events.ending({IT: "yes"}, MINUTE, 3 * MINUTE))
    assert [(one.at, one.status, one.result) for one in told] == [
        (MINUTE, "closed", ""),
        (3 * MINUTE, "settled", "yes"),
    ]
