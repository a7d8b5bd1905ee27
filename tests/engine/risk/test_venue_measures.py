from __future__ import annotations

import math
from decimal import Decimal

import pytest

from engine.core.commands import Tif
from engine.core.effects import Approved, Refused
from engine.core.instrument import Band
from engine.core.units import Leg, Nanos, Ticks
from engine.risk.gates import GATES, check
from engine.risk.measures import Measure
from tests.engine.risk.sound import ORDER, limits, place, probe

BY_CODE = {gate.code: gate for gate in GATES}
MICRO = Decimal("0.000001")
TAPERED = (Band(Ticks(10), Ticks(1_000), Ticks(10)), Band(Ticks(1_000), Ticks(9_000), Ticks(100)))


def verdict(code: str, **facts: object) -> Measure:
    return BY_CODE[code].measure(probe(**facts), limits().values())


def test_the_embedded_exchange_meets_none_of_these() -> None:
    found = probe(
        venue=False, armed=False, link_down="x", unreconciled="x", stale=None, heard_s=None, grid=None, least=None,
        can=None, skew_ms=None, mid=None, tied=None,
    )  # fmt: skip
    answer = check(ORDER, found, limits())
    assert isinstance(answer, Approved)
    assert not set(answer.gates) & {gate.code for gate in GATES if gate.venue}


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("ARMED", {"armed": False}),
        ("DISPUTED", {"disputed": "two of its brackets paid"}),
        ("VENUE_LINK", {"link_down": "the venue closed it"}),
        ("RECONCILED", {"unreconciled": "no picture yet"}),
        ("BOOK_STALE", {"stale": None}),
        ("BOOK_STALE", {"stale": "a gap"}),
        ("VENUE_CAN", {"can": None}),
        ("LOT", {"step": None}),
        ("LOT", {"least": None}),
        ("LOT", {"qty": None}),
        ("LOT", {"qty": Decimal("NaN")}),
        ("PRICE_GRID", {"grid": None}),
        ("PRICE_GRID", {"top": None}),
        ("PRICE_COLLAR", {"mid": None}),
    ],
)
@pytest.mark.parametrize("reducing", [False, True])
def test_what_is_missing_or_not_right_refuses_reducing_orders_too(code, facts, reducing) -> None:
    answer = check(ORDER, probe(reducing=reducing, **facts), limits())
    assert isinstance(answer, Refused)
    assert answer.gate == code
    assert answer.text


def test_live_orders_pass_only_armed() -> None:
    assert isinstance(check(ORDER, probe(mode="live"), limits()), Approved)
    assert check(ORDER, probe(mode="live", armed=False), limits()).gate == "ARMED"


@pytest.mark.parametrize(("code", "field", "limit"), [("CLOCK", "skew_ms", 2_500.0), ("BOOK_AGE", "heard_s", 30.0)])
def test_an_age_may_reach_its_limit_and_not_pass_it(code, field, limit) -> None:
    for value, refuses in ((limit - 0.001, False), (limit, False), (limit + 0.001, True)):
        assert verdict(code, **{field: value}).refuses is refuses
    for broken in (None, math.nan, math.inf, -math.inf):
        assert verdict(code, **{field: broken}).refuses


def test_a_clock_that_is_behind_is_as_wrong_as_one_ahead() -> None:
    assert [verdict("CLOCK", skew_ms=ms).refuses for ms in (-2_501.0, -2_500.0)] == [True, False]


@pytest.mark.parametrize(
    ("price", "leg", "refuses"),
    [
        (9, Leg.YES, True), (10, Leg.YES, False), (15, Leg.YES, True), (1_000, Leg.YES, False),
        (1_050, Leg.YES, True), (9_000, Leg.YES, False), (9_100, Leg.YES, True), (9_990, Leg.NO, False),
        (9_985, Leg.NO, True), (None, Leg.YES, True),
    ],
)  # fmt: skip
def test_a_price_lies_on_the_venues_grid_of_yes(price, leg, refuses) -> None:
    assert verdict("PRICE_GRID", grid=TAPERED, place=place(price=price, leg=leg)).refuses is refuses


def test_the_collar_holds_prices_of_both_legs_against_the_middle_of_yes() -> None:
    for price, refuses in ((4_050, False), (4_049, True), (6_050, False), (6_051, True)):
        assert verdict("PRICE_COLLAR", place=place(price=price)).refuses is refuses
        assert verdict("PRICE_COLLAR", place=place(price=10_000 - price, leg=Leg.NO)).refuses is refuses
    for broken in (None, math.nan, math.inf):
        assert verdict("PRICE_COLLAR", mid=broken).refuses
    assert verdict("PRICE_COLLAR", place=place(price=None)).refuses


@pytest.mark.parametrize(
    ("qty", "refuses"), [("0.01", True), ("4.99", True), ("5", False), ("5.25", False), ("5.251", True), ("0", True)]
)
def test_a_size_is_at_least_the_least_and_whole_steps(qty, refuses) -> None:
    assert verdict("LOT", qty=Decimal(qty), least=Decimal(5), step=Decimal("0.01")).refuses is refuses


def test_what_a_venue_cannot_do_is_not_sent_to_it() -> None:
    later = Nanos(1)
    for terms, needs in (
        ({"post_only": True, "tif": Tif.GTC}, "POST_ONLY"),
        ({"tif": Tif.GTD, "until": later}, "GTD"),
    ):
        assert verdict("VENUE_CAN", place=place(**terms)).refuses
        assert not verdict("VENUE_CAN", place=place(**terms), can=frozenset({needs})).refuses
    everything = frozenset({"POST_ONLY", "GTD"})
    for tif in (Tif.IOC, Tif.FOK):
        assert verdict("VENUE_CAN", place=place(post_only=True, tif=tif), can=everything).refuses
    for until in (None, Nanos(0)):
        assert verdict("VENUE_CAN", place=place(tif=Tif.GTD, until=until), can=everything).refuses


def test_the_venues_rate_leaves_room_for_this_order() -> None:
    for used, refuses in ((8, False), (9, False), (10, True), (11, True)):
        assert verdict("VENUE_RATE", venue_orders=used).refuses is refuses
    assert not verdict("VENUE_RATE", venue_orders=10_000, venue_rate=0.0).refuses
