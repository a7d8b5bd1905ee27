"""What every gate says, to the letter: refused or passed, what was used of which limit, and the sentence."""

from __future__ import annotations

import json
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.core.commands import Place, Tif
from engine.core.effects import Approved, Refused
from engine.core.ids import MarketId, OrderId, embedded
from engine.core.instrument import Band
from engine.core.units import MINUTE, SECOND, Leg, Money, Nanos, Qty, Side, Ticks
from engine.risk import common_gates, flow_gates, gates
from engine.risk.gate import Gate, above, enough
from engine.risk.gates import GATES as ALL
from engine.risk.gates import check
from engine.risk.limits import SPECS, Limits, LimitSpec, _spec
from engine.risk.measures import PASSES, Measure
from engine.risk.probe import Probe
from tests.engine.risk.sound import EQUITY, ORDER, limits, place, probe

ROWS = json.loads(Path(__file__).with_name("sentences.json").read_text(encoding="utf-8"))
GATES = tuple(gate for gate in ALL if not gate.derivative)
CODES = tuple(gate.code for gate in GATES)
GATE = {gate.code: gate for gate in GATES}
D = Decimal


def value(told: Any) -> Any:
    if isinstance(told, dict):
        kind, text = next(iter(told.items()))
        return D(text) if kind == "decimal" else float(text)
    return tuple(told) if isinstance(told, list) else told


def amount(told: str | None) -> Decimal | None:
    return None if told is None else D(told)


@pytest.mark.parametrize(("code", "facts", "refuses", "used", "limit", "text"), ROWS)
def test_what_a_gate_says(code, facts, refuses, used, limit, text) -> None:
    found = GATE[code].measure(probe(**{name: value(told) for name, told in facts.items()}), limits())
    assert found == Measure(refuses, amount(used), amount(limit), text)
    assert type(found.refuses) is bool


def test_every_gate_says_something_here() -> None:
    assert [code for code in CODES if not any(row[0] == code and row[2] for row in ROWS)] == ["ORDER_FORM"]


@pytest.mark.parametrize(
    ("code", "terms", "text"),
    [
        ("ORDER_FORM", {"price": Ticks(0)}, "a price lies between 0.01 and 99.99 cents, was 0"),
        ("ORDER_FORM", {"price": Ticks(10_000)}, "a price lies between 0.01 and 99.99 cents, was 100"),
        ("ORDER_FORM", {"price": Ticks(1)}, ""),
        ("ORDER_FORM", {"price": Ticks(9_999)}, ""),
        ("ORDER_FORM", {"qty": Qty(D(0))}, "a quantity must be positive and finite, was 0"),
        ("ORDER_FORM", {"qty": None, "budget": Money(D(0))}, "a budget must be positive and finite, was 0"),
        ("ORDER_FORM", {"budget": Money(D(1))}, "an order has a quantity or a budget, not both"),
        ("ORDER_FORM", {"qty": None, "budget": Money(D(1))}, ""),
        ("PRICE_GRID", {"price": None}, "an order on a venue needs a price, and there is none to take it from"),
        ("PRICE_COLLAR", {"price": None}, "the book has no middle to hold the price against"),
        ("VENUE_CAN", {"post_only": True}, "the venue takes no post-only orders"),
        ("VENUE_CAN", {"tif": Tif.GTD, "until": Nanos(1)}, "the venue takes no orders with an end of their own"),
        ("VENUE_CAN", {"tif": Tif.FOK}, ""),
    ],
)
def test_what_a_gate_says_of_the_order_itself(code: str, terms: dict[str, Any], text: str) -> None:
    found = GATE[code].measure(probe(place=place(**terms)), limits())
    assert (found.refuses, found.text) == (bool(text), text)


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ({"post_only": True, "tif": Tif.GTC}, ""),
        ({"post_only": True, "tif": Tif.IOC}, "an order cannot rest only and trade at once or not at all"),
        ({"post_only": True, "tif": Tif.FOK}, "an order cannot rest only and trade at once or not at all"),
        ({"tif": Tif.GTD}, "the order's end is not ahead"),
        ({"tif": Tif.GTD, "until": Nanos(0)}, "the order's end is not ahead"),
        ({"tif": Tif.GTD, "until": Nanos(1)}, ""),
    ],
)
def test_what_a_venue_can_that_can_everything(terms: dict[str, Any], text: str) -> None:
    found = GATE["VENUE_CAN"].measure(probe(place=place(**terms), can=frozenset({"POST_ONLY", "GTD"})), limits())
    assert (found.refuses, found.text) == (bool(text), text)


def test_the_other_leg_is_held_against_grid_and_middle_from_the_other_end() -> None:
    no = place(leg=Leg.NO, price=Ticks(3_000))
    band = (Band(Ticks(7_000), Ticks(7_000), Ticks(1)),)
    assert not GATE["PRICE_GRID"].measure(probe(place=no, grid=band), limits()).refuses
    assert GATE["PRICE_GRID"].measure(probe(place=place(price=Ticks(3_000)), grid=band), limits()).refuses
    assert GATE["PRICE_COLLAR"].measure(probe(place=no, mid=7_100.0), limits()).used == D("1.00")
    assert GATE["PRICE_GRID"].measure(probe(grid=band, top=None), limits()).refuses
    assert GATE["PRICE_COLLAR"].measure(probe(top=None), limits()).refuses
    assert GATE["PRICE_COLLAR"].measure(probe(mid=float("inf")), limits()).refuses


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"least": D("0.01"), "qty": D("0.01")}, ""),
        ({"step": D(0)}, "the size, or the venue's steps of it, is not known"),
        ({"step": D(-1)}, "the size, or the venue's steps of it, is not known"),
        ({"step": None}, "the size, or the venue's steps of it, is not known"),
        ({"least": None}, "the size, or the venue's steps of it, is not known"),
        ({"step": D("0.5"), "qty": D("10.5")}, ""),
        ({"qty": D("Infinity")}, "the venue takes 0.01 at least, this was Infinity"),
        ({"least": D("5.0"), "qty": D(4)}, "the venue takes 5 at least, this was 4"),
    ],
)
def test_lots(facts: dict[str, Any], text: str) -> None:
    found = GATE["LOT"].measure(probe(**facts), limits())
    assert (found.refuses, found.text) == (bool(text), text)


def test_a_sale_on_our_own_exchange_needs_no_cash_and_one_on_a_venue_what_it_ties_up() -> None:
    sale = place(side=Side.SELL)
    cash = GATE["CASH"].measure
    assert cash(probe(venue=False, place=sale, cash=D(-5), fee=D(1)), limits()) == Measure(False, D(0), D(-5))
    assert cash(probe(venue=False, cash=D(6), fee=D(1)), limits()) == Measure(False, D(6), D(6))
    assert cash(probe(place=sale, cash=D(4), tied=D(5)), limits()).refuses
    assert cash(probe(place=sale, cash=D(-1), tied=D(0)), limits()) == Measure(False, D(0), D(-1))


def test_a_refusal_carries_what_was_used_of_which_limit() -> None:
    asked = place()
    found = check(ORDER, probe(place=asked, qty=D(251)), limits())
    text = "the order would be 251.00 ct; the limit is 250.00 ct"
    assert found == Refused(place=asked, gate="ORDER_QTY", text=text, limit=D(250), would_be=D(251))
    assert check(ORDER, probe(place=asked), limits()) == Approved(order=ORDER, place=asked, gates=CODES)


@pytest.mark.parametrize("venue", [False, True])
@pytest.mark.parametrize("automated", [False, True])
@pytest.mark.parametrize("reducing", [False, True])
def test_the_course_of_each_kind_of_order(venue: bool, automated: bool, reducing: bool) -> None:
    met = [gate for gate in GATES if venue or not gate.venue]
    met = [gate for gate in met if automated or not (gate.automated or gate.warns)]
    met = [gate for gate in met if not (reducing and gate.spares_reducing)]
    found = gates._course(venue=venue, reducing=reducing, automated=automated, derivative=False)
    assert found.codes == tuple(gate.code for gate in met)
    assert found.measures == tuple((gate.code, gate.measure) for gate in met)
    assert found in gates._COURSES


def test_the_sound_order_of_the_self_test() -> None:
    known = limits()
    nothing, half = D(0), Ticks(5_000)
    order = Place(instrument=embedded(MarketId("SELF-TEST"), 0), side=Side.SELL, qty=Qty(D(1)), price=half)
    expected = Probe(
        place=order, at=Nanos(0), pressed_at=Nanos(0), closes=Nanos(5 * SECOND + MINUTE), qty=Qty(nothing), venue=True,
        armed=True, link_down="", unreconciled="", skew_ms=0.0, stale="", heard_s=0.0,
        grid=(Band(Ticks(1), Ticks(9_999), Ticks(1)),), top=10_000, mid=5_000.0, least=nothing, step=D(1),
        can=frozenset(), tied=nothing, cost=nothing, fee=nothing, cash=nothing, source_age_s=0.0,
        market_after=nothing, cell_after=nothing, group_after=nothing, event_loss_after=nothing, at_risk_after=nothing,
        day=D(1), week=D(1), strategy="self-test", model_age_s=0.0, strategy_after=nothing, strategies_after=nothing,
        window_delta_after=nothing, window_gamma_after=nothing,
        correlated_after=nothing, venue_after=nothing, gross_after=nothing,
    )  # fmt: skip
    found = gates._sound(known)
    assert {f.name: getattr(found, f.name) for f in fields(Probe)} == {
        f.name: getattr(expected, f.name) for f in fields(Probe)
    }


def test_what_breaks_an_order_goes_one_beyond_the_limit_and_leaves_the_sound_one_alone() -> None:
    sound = probe()
    assert above("qty", "ORDER_QTY")(sound, limits()).qty == D("250.000001")
    assert above("qty", "ORDER_QTY", D(2))(sound, limits()).qty == 252
    broken = enough("strategy_minute", "STRATEGY_RATE")(sound, limits())
    assert (broken.strategy_minute, sound.strategy_minute) == (30, 0)
    assert broken.place == sound.place
    assert common_gates._with_price(place(qty=D(3)), 7) == place(qty=D(3), price=Ticks(7))
    sale = place(side=Side.SELL, qty=D(3))
    assert common_gates._buying(sale) == place(qty=D(3))


def test_a_gate_of_automated_flow_is_told_apart() -> None:
    breach = above("qty", "ORDER_QTY")
    found = flow_gates._of("X", "scope", "meaning", "source", lambda p, _: PASSES, breach, spares=False, venue=True)
    assert (found.code, found.scope, found.meaning, found.source, found.breach) == (
        "X", "scope", "meaning", "source", breach,
    )  # fmt: skip
    assert (found.automated, found.venue, found.spares_reducing, found.warns) == (True, True, False, False)
    assert found.measure(probe(), limits()) is PASSES
    plain = flow_gates._of("X", "scope", "meaning", "source", lambda p, _: PASSES, breach)
    assert (plain.venue, plain.spares_reducing) == (False, True)
    assert isinstance(plain, Gate)


def test_a_limit_is_what_its_line_says() -> None:
    assert _spec("X", "ct", "1.5", "0", "9", of_equity=True) == LimitSpec(
        "X", "ct", D("1.5"), D(0), D(9), of_equity=True, loss=False
    )
    assert SPECS["DAILY_LOSS"] == LimitSpec(
        "DAILY_LOSS", "$", D("-0.03"), D(-1_000_000), D(0), of_equity=True, loss=True
    )


def test_limits_of_pace_follow_every_change() -> None:
    made = Limits(EQUITY, (("RATE", D(7)), ("DUPLICATE", D("1.5")), ("UNKNOWN", D(1))))
    assert made.pace == (20, 60, 7, 1_500_000_000)
    assert "UNKNOWN" not in made.values()
    made.set("OPEN_ORDERS", D(3))
    made.set("RATE_MINUTE", D(11))
    assert made.pace == (3, 11, 7, 1_500_000_000)
    assert made["OPEN_ORDERS"] == 3
    assert made.guard == 5 * SECOND
    made.set("CLOSE_GUARD", D("7.2"))
    assert made.guard == 8 * SECOND
    assert made["ORDER_VALUE"] == D("100.00")
    assert Limits(Money(D("333.339")))["ORDER_VALUE"] == D("33.33")
    assert OrderId("o-000001") == ORDER


def test_what_is_counted_in_whole_units_is_never_rounded_up() -> None:
    five = GATE["CLOSE_GUARD"].measure(probe(closes=Nanos(6 * SECOND - 1)), limits())
    assert five == Measure(False, D(5), D(5))
    assert GATE["CLOSE_GUARD"].measure(probe(closes=Nanos(5 * SECOND - 1)), limits()).refuses
    assert GATE["SOURCE_AGE"].measure(probe(source_age_s=71 * 60 - 0.001), limits()).used == 70
    assert GATE["DATA_AGE"].measure(probe(heard_s=5.00051), limits()) == Measure(
        True, D("5.001"), D(5), "the silence of the venue's market link is 5.0 s; the limit is 5 s"
    )


def test_a_band_counts_from_its_own_start() -> None:
    odd = (Band(Ticks(3), Ticks(93), Ticks(10)),)
    for ticks, taken in ((3, True), (13, True), (93, True), (10, False), (17, False), (103, False)):
        asked = place(price=Ticks(ticks))
        assert GATE["PRICE_GRID"].measure(probe(place=asked, grid=odd), limits()).refuses is not taken


@pytest.mark.parametrize(
    ("side", "leg", "price", "used"),
    [
        (Side.BUY, Leg.YES, 3_000, "0.00"),
        (Side.BUY, Leg.YES, 5_000, "0.00"),
        (Side.BUY, Leg.YES, 5_001, "0.01"),
        (Side.BUY, Leg.YES, 7_000, "20.00"),
        (Side.SELL, Leg.YES, 7_000, "0.00"),
        (Side.SELL, Leg.YES, 3_000, "20.00"),
        (Side.SELL, Leg.NO, 7_000, "0.00"),
        (Side.SELL, Leg.NO, 3_000, "20.00"),
        (Side.BUY, Leg.NO, 3_000, "0.00"),
        (Side.BUY, Leg.NO, 7_000, "20.00"),
    ],
)
def test_what_may_only_rest_is_held_to_the_collar_beyond_the_middle_alone(side, leg, price, used) -> None:
    asked = place(side=side, leg=leg, price=Ticks(price), post_only=True)
    found = GATE["PRICE_COLLAR"].measure(probe(place=asked, mid=5_000.0), limits())
    assert (found.used, found.refuses) == (D(used), D(used) > 10)
    taking = GATE["PRICE_COLLAR"].measure(
        probe(place=place(side=side, leg=leg, price=Ticks(price)), mid=5_000.0), limits()
    )
    assert taking.used == abs(D(price) - 5_000) / 100


def test_what_may_only_rest_is_no_child_of_a_plan() -> None:
    asked = place(post_only=True)
    assert GATE["WINDOW_ORDERS"].measure(probe(place=asked, window_orders=70), limits()) == Measure(False, D(70), D(50))
    assert GATE["WINDOW_ORDERS"].measure(probe(window_orders=70), limits()).refuses
