"""The frame that nearly all are is read by a shorter way: it means the same there as by the way of all others."""

from __future__ import annotations

import json
import random
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import WireError
from engine.core.events import BookDelta, BookSnapshot, BooksStale
from engine.core.ids import POLYMARKET, FamilyId, InstrumentId
from engine.core.instrument import Instrument
from engine.core.units import Nanos, Side
from engine.venues.polymarket import clob
from engine.venues.polymarket.clob import Clob
from engine.venues.polymarket.facts import Facts, tokens_of
from engine.venues.polymarket.market_talk import MarketTalk

IT = InstrumentId(POLYMARKET, "0x01")
YES, NO = "111", "222"
AT = Nanos(1_786_728_439_000_000_000)
MILLIS = 1_786_728_438_000
BOOK = {
    "event_type": "book", "market": "0x01", "asset_id": YES, "timestamp": str(MILLIS), "hash": "h0",
    "bids": [{"price": "0.4", "size": "10"}, {"price": "0.44", "size": "20.5"}],
    "asks": [{"price": "0.6", "size": "10"}, {"price": "0.56", "size": "20"}],
}  # fmt: skip


class Heard:
    """A talk that carries one market, and what it asked for."""

    def __init__(self) -> None:
        self.asked: list[InstrumentId] = []
        instrument = Instrument(
            id=IT,
            title="t",
            family=FamilyId("polymarket:t"),
            lot=Decimal("0.000001"),
            nets=False,
            facts=(("yes_token", YES), ("no_token", NO), ("condition", "0x01"), ("tick", "0.01")),
        )
        facts = Facts(
            Clob(POLYMARKET, "http://127.0.0.1:9", lambda: AT, budget=clob.budget(), rng=random.Random(7)), lambda: AT
        )
        facts.learn(instrument)
        self.talk = MarketTalk("ws://127.0.0.1:9", facts, lambda: AT, self.asked.extend)
        self.talk.add({IT: tokens_of(instrument)})
        assert [type(event) for event in self.talk.frame(json.dumps(BOOK).encode(), AT)] == [BookSnapshot]

    def says(self, document: object) -> tuple[list[object], str]:
        """Return what follows from a message, and why it could not be read, if so."""
        told: list[object] = []
        try:
            told.extend(self.talk.frame(msgspec.json.encode(document), AT))
        except WireError as e:
            return told, str(e)
        return told, ""

    @property
    def state(self) -> tuple[object, ...]:
        mirror = self.talk.mirrors[IT]
        sides = [mirror.ladder.levels(side) for side in Side]
        return mirror.stale, mirror.time, mirror.gaps, self.talk.gaps, sides, self.asked


def changed(*rows: dict[str, object], millis: int = MILLIS + 5, **more: object) -> dict[str, object]:
    return {"market": "0x01", "price_changes": rows, "timestamp": str(millis), "event_type": "price_change"} | more


def row(token: str, price: str, side: str, size: str = "7.25", **more: object) -> dict[str, object]:
    bests = {"best_bid": "0.44", "best_ask": "0.56"}
    return {"asset_id": token, "price": price, "size": size, "side": side, "hash": f"{token}{price}"} | bests | more


def test_a_level_told_for_both_tokens_is_one_change() -> None:
    heard = Heard()
    events, why = heard.says(changed(row(YES, "0.41", "BUY"), row(NO, "0.59", "SELL")))
    (event,) = events
    assert isinstance(event, BookDelta)
    assert (event.side, event.price, event.lots, event.best_bid, event.best_ask) == (
        Side.BUY, 4_100, 7_250_000, 4_400, 5_600,
    )  # fmt: skip
    assert (event.venue_time, why) == ((MILLIS + 5) * 1_000_000, "")


@pytest.mark.parametrize(
    "spoilt",
    [
        row(YES, "0.41", "HOLD"), row(YES, "1", "BUY"), row(YES, "0.00001", "BUY"), row(YES, "0.41", "BUY", "-1"),
        row(YES, "0.41", "BUY", best_bid="x"), row(NO, "0.5", "BUY", "1_0"),
    ],
)  # fmt: skip
def test_a_change_that_is_no_level_makes_the_book_stale_and_has_it_asked_for(spoilt) -> None:
    heard = Heard()
    events, why = heard.says(changed(spoilt))
    assert [type(event) for event in events] == [BooksStale]
    assert why.endswith(")")
    assert heard.asked == [IT]


PRICES = st.sampled_from(["0.41", "0.59", "0.44", "0.56", "0.40", ".6", "0.005", "1", "0", "x", "", "0.00001"])
SIZES = st.sampled_from(["0", "1", "12.3456789", "1e3", "-1", "", "219.217767", "٣"])
ROWS = st.fixed_dictionaries(
    {
        "asset_id": st.sampled_from([YES, YES, NO, NO, "9"]),
        "price": PRICES,
        "size": SIZES,
        "side": st.sampled_from(["BUY", "SELL", "buy"]),
    },
    optional={
        "hash": st.sampled_from(["h0", "h1", "h2"]),
        "best_bid": PRICES | st.just("0.44") | st.none(),
        "best_ask": PRICES | st.just("0.56") | st.none(),
    },
)
SOUND = st.builds(
    row, st.sampled_from([YES, NO]), st.sampled_from(["0.41", "0.59", "0.3", "0.7"]), st.sampled_from(["BUY", "SELL"])
)
STAMPS = st.sampled_from([MILLIS - 1, MILLIS, MILLIS + 1, MILLIS + 2])


@settings(deadline=None)
@given(st.lists(st.tuples(st.lists(SOUND | ROWS, max_size=3), STAMPS), max_size=5))
def test_the_shorter_way_ends_where_the_other_does(frames) -> None:
    shorter, other = Heard(), Heard()
    for rows, millis in frames:
        document = changed(*rows, millis=millis)
        assert shorter.says(document) == other.says(document | {"a field nobody knows": [1]})
        assert shorter.state == other.state
