"""A draft is the very order that would be signed when it comes, or it is not used; none leaves by itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core.commands import Place, Tif
from engine.core.effects import Approved, Likely
from engine.core.events import Accepted
from engine.core.ids import POLYMARKET, InstrumentId
from engine.core.instrument import Instrument
from engine.core.units import SECOND, Leg, Nanos, Qty, Side, Ticks
from engine.venues.polymarket import ordering, wire_orders
from engine.venues.polymarket.drafts import ROOM, Drafts
from engine.venues.polymarket.endpoints import Endpoints
from engine.venues.polymarket.keys import PolymarketKeys
from tests.engine.venues.polymarket.desk import PRIVATE, approved, playing, run
from tests.fakes.polymarket import KEYS

MARKET = Instrument(
    id=InstrumentId(POLYMARKET, "0xabc"), title="It", nets=False, facts=(("yes_token", "11"), ("no_token", "12"))
)
OWNER = "a key"
SPOKEN = {"instrument", "side", "leg", "price", "qty", "budget", "tif", "until", "post_only"}
"""Fields of an order that its words depend on: each is compared, or part of where a draft is kept."""
SILENT = {"by", "intent", "reduce_only", "strategy", "tag", "origin"}
"""Fields that no word of a request depends on."""


def drafts() -> Drafts:
    return Drafts(ordering.book_of(PolymarketKeys(PRIVATE), Endpoints()))


def likely(order: Approved) -> Likely:
    return Likely(place=order.place, client=order.client, at=order.at)


def order(number: int = 1, *, at: Nanos | None = None, **terms: Any) -> Approved:
    found = approved(number, instrument=MARKET.id, **terms)
    return found if at is None else replace(found, at=at)


def words(one: Drafts, wanted: Approved, owner: str = OWNER) -> tuple[str, bytes]:
    """Return id and body as the gateway makes them."""
    signed = one.take(wanted, MARKET) or ordering.sign(wanted, MARKET, one._book)
    return signed.id, wire_orders.posted(signed, owner)


terms = st.fixed_dictionaries(
    {
        "side": st.sampled_from(Side),
        "leg": st.sampled_from(Leg),
        "price": st.integers(1, 99).map(lambda cents: Ticks(100 * cents)),
        "qty": st.sampled_from(["5", "5.0", "100", "7.5"]).map(lambda text: Qty(Decimal(text))),
        "tif": st.sampled_from([Tif.GTC, Tif.IOC, Tif.FOK]),
        "post_only": st.booleans(),
    }
)
moments = st.integers(0, 40).map(lambda seconds: Nanos(1_786_123_450 * SECOND + seconds * SECOND))


@given(st.lists(st.tuples(terms, moments, st.integers(1, 3)), max_size=12), terms, moments, st.integers(1, 3))
def test_whatever_was_drafted_the_words_of_an_order_are_its_own(
    before: list[tuple[dict[str, Any], Nanos, int]], asked: dict[str, Any], at: Nanos, number: int
) -> None:
    one, none = drafts(), drafts()
    for drafted, then, client in before:
        one.make(likely(order(client, at=then, **drafted)), MARKET, OWNER)
    wanted = order(number, at=at, **asked)
    one.make(likely(wanted), MARKET, OWNER)
    try:
        expected = words(none, wanted)
    except ValueError:
        assert one.take(wanted, MARKET) is None
        return
    assert one.take(wanted, MARKET) is not None
    assert words(one, wanted) == expected
    for drafted, then, client in before:
        other = order(client, at=then, **drafted)
        try:
            expected = words(none, other)
        except ValueError:
            continue
        assert words(one, other) == expected


def test_orders_of_both_legs_and_of_several_sizes_at_one_price_are_all_found() -> None:
    one = drafts()
    some = [order(leg=leg, qty=Qty(Decimal(qty))) for leg in Leg for qty in (5, 9)]
    for wanted in some:
        assert one.make(likely(wanted), MARKET, OWNER)
    assert [one.take(wanted, MARKET) is not None for wanted in some] == [True] * 4


def test_an_order_of_other_terms_is_not_the_one_that_was_drafted() -> None:
    one, wanted = drafts(), order(tif=Tif.GTC)
    assert one.make(likely(wanted), MARKET, OWNER)
    assert not one.make(likely(wanted), MARKET, OWNER), "it is there"
    assert one.take(wanted, MARKET) is not None
    changes: list[dict[str, Any]] = [
        {"side": Side.SELL}, {"leg": Leg.NO}, {"price": Ticks(5_700)}, {"qty": Qty(Decimal(99))}, {"tif": Tif.IOC},
        {"post_only": True}, {"qty": None, "budget": Decimal(56)}, {"until": Nanos(2**61)},
        {"instrument": InstrumentId(POLYMARKET, "0xdef")},
    ]  # fmt: skip
    assert {name for change in changes for name in change} == SPOKEN
    for change in changes:
        assert one.take(replace(wanted, place=replace(wanted.place, **change)), MARKET) is None, change
    assert one.take(replace(wanted, client="salt-2"), MARKET) is None
    assert one.take(replace(wanted, at=Nanos(wanted.at + 10 * SECOND)), MARKET) is None
    silent = {"by": "alice", "intent": "i-1", "reduce_only": True, "strategy": "s", "tag": "t", "origin": "ladder"}
    assert set(silent) == SILENT
    for name, value in silent.items():
        other = replace(wanted, place=replace(wanted.place, **{name: value}))
        assert words(one, other) == words(drafts(), other), name
    assert set(Place.__struct_fields__) == SPOKEN | SILENT, "a new field is one of these"


def test_a_draft_is_of_this_listing_this_version_and_this_key() -> None:
    one, wanted = drafts(), order()
    one.make(likely(wanted), MARKET, OWNER)
    assert one.take(wanted, replace(MARKET)) is None, "listed anew, if with the same words"
    assert words(one, wanted, "another key")[1] == words(drafts(), wanted, "another key")[1]
    one._book.version = "3"
    assert one.take(wanted, MARKET) is None
    assert one.make(likely(wanted), MARKET, OWNER)
    fresh = drafts()
    fresh._book.version = "3"
    assert words(one, wanted) == words(fresh, wanted)


def test_an_order_that_comes_after_its_span_is_over_finds_one_of_the_next() -> None:
    one, early = drafts(), order(at=Nanos(1_786_123_450 * SECOND))
    assert one.make(likely(early), MARKET, OWNER)
    assert len(one) == 1
    late = replace(early, at=Nanos(early.at + 9 * SECOND))
    assert one.make(likely(late), MARKET, OWNER)
    assert len(one) == 2
    assert not one.make(likely(late), MARKET, OWNER)
    after = replace(early, at=Nanos(early.at + 10 * SECOND))
    assert one.take(after, MARKET) is not None
    assert words(one, after) == words(drafts(), after)
    assert words(one, after) != words(one, late)


def test_only_so_many_are_kept_the_newest() -> None:
    one = drafts()
    for number in range(ROOM + 9):
        assert one.make(likely(order(number)), MARKET, OWNER)
    assert len(one) == ROOM
    assert one.take(order(8), MARKET) is None
    assert one.take(order(9), MARKET) is not None


@pytest.mark.parametrize("change", [{"tif": Tif.GTD, "until": Nanos(2**61)}, {"qty": None}, {"price": Ticks(5_555)}])
def test_what_has_no_words_or_other_words_each_second_is_left_alone(change: dict[str, Any]) -> None:
    one = drafts()
    assert not one.make(likely(order(**change)), MARKET, OWNER)
    assert len(one) == 0


def test_a_drafted_order_leaves_when_it_comes_once_and_under_its_id() -> None:
    async def work() -> None:
        async with playing() as desk:
            await desk.gateway.submit(approved(9))  # the market is known from here on
            await desk.comes(Accepted)
            wanted = approved(1)
            desk.gateway.draft(likely(wanted))
            desk.gateway.draft(likely(approved(2)))
            assert len(desk.gateway.drafts) == 2
            assert len(desk.fake.sent("POST", "/order")) == 1, "nothing of it was sent"
            rest = desk.gateway.begin(wanted)
            assert rest is not None
            desk.gateway.all_handed()
            await rest()
            *_, accepted = await desk.comes(Accepted, 2)
            assert accepted.order == wanted.order
            bodies = desk.fake.sent("POST", "/order")
            assert [body["order"]["salt"] for body in bodies] == [ordering.salt_of(f"salt-{n}") for n in (9, 1)]
            assert bodies[1]["owner"] == KEYS["apiKey"]
            assert list(desk.fake.orders)[1] == accepted.venue_order

    run(work)
