from __future__ import annotations

from decimal import Decimal
from typing import Any

import h3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.contract import Metric, Unit
from engine.core.ids import YOU, OrderId
from engine.core.units import Leg, Side
from engine.exchange import hedge
from engine.exchange.answers import Declined
from engine.exchange.exchange import Exchange
from engine.exchange.hedge import Basket
from engine.exchange.rules import ExchangeRules
from engine.maths import lmsr, lmsr_basket
from engine.views.hedge import HedgeDraft
from engine.weather import cells
from tests.engine.exchange.listed import CLOSES, KENNEDY, MIDWAY, NOW, SIM, funded, high, order, rain

BESIDE, ACROSS = sorted(h3.grid_ring(MIDWAY, 1))[:2]
FAR = h3.grid_ring(MIDWAY, 9)[0]
FEE = Decimal("0.02")


def draft(loss: str = "100", **terms: Any) -> HedgeDraft:
    given = {
        "cell": MIDWAY,
        "place": None,
        "metric": Metric.PRECIPITATION,
        "unit": Unit.MM,
        "above": True,
        "level": None,
        "loss": Decimal(loss),
        "budget": None,
    } | terms
    return HedgeDraft(**given)


def listed(*contracts: Any, fee: Decimal = FEE, b: float = 100.0, **rules: Any) -> Exchange:
    exchange = funded(rules=ExchangeRules(**rules))
    for contract in contracts:
        made = exchange.create(contract, b=b, prior=(), fee_rate=fee, at=NOW)
        assert not isinstance(made, Declined), made
    return exchange


def three(**rules: Any) -> Exchange:
    return listed(rain("A"), rain("B", BESIDE), rain("C", ACROSS), rain("FAR", FAR), rain("JFK", KENNEDY), **rules)


def basket(exchange: Exchange, asked: HedgeDraft) -> Basket:
    found = hedge.plan(exchange, YOU, asked, NOW)
    assert isinstance(found, Basket), found
    return found


def state(exchange: Exchange) -> list[object]:
    """Everything that a trade changes."""
    books = exchange._books
    return [
        dict(books.cash),
        dict(books.escrow),
        {account: {group: dict(nets) for group, nets in groups.items()} for account, groups in books.nets.items()},
        *(
            (m.id, m.pot, tuple(m.net), m.no_lots, m.prices, tuple(m._z), m.trades, m.lots, m.last)
            for m in exchange.markets.values()
        ),
        *({account: tuple(stake) for account, stake in m.stakes.items()} for m in exchange.markets.values()),
    ]


def test_the_nearest_cells_share_the_loss_by_their_distance() -> None:
    found = basket(three(), draft("100"))
    assert found.near[0].market.id == "A"
    assert {one.market.id for one in found.near} == {"A", "B", "C"}
    weights = [lmsr_basket.weight_at(one.km) for one in found.near]
    assert [float(n) for n in found.shares] == pytest.approx([100 * w / sum(weights) for w in weights], abs=1e-5)
    assert found.pays_all == 100
    assert found.pays_any == min(found.shares)


def test_a_place_is_looked_up_from_its_own_cell() -> None:
    here = cells.center(BESIDE)
    found = basket(three(), draft(cell=None, place=here, most_cells=1))
    assert [one.market.id for one in found.near] == ["B"]
    assert found.near[0].km == pytest.approx(0.0, abs=0.001)


def test_the_cost_is_what_buying_it_then_costs_to_the_last_unit() -> None:
    exchange = three()
    found = basket(exchange, draft("300"))
    before = exchange.cash[YOU]
    for place in hedge.orders(found):
        done = exchange.execute(place, NOW, OrderId("o"))
        assert not isinstance(done, Declined), done
    assert before - exchange.cash[YOU] == found.total
    assert found.fee > 0
    held = [exchange.holding(YOU, one.market.id, 0, Leg.YES).qty for one in found.near]
    assert tuple(held) == found.shares


def test_the_exact_cost_is_the_curves_and_more_than_at_the_touch() -> None:
    found = basket(three(), draft("300"))
    curves = [lmsr_basket.Curve(one.market.id, 0.5, 100.0) for one in found.near]
    exact = lmsr_basket.exact_costs([float(n) for n in found.shares], curves)
    assert float(found.cost) == pytest.approx(sum(exact), abs=1e-5)
    assert found.at_the_touch == pytest.approx(150.0)
    assert float(found.cost) > 160.0


def test_brackets_of_one_market_are_bought_one_after_the_other() -> None:
    exchange = listed(high("HIGH"), fee=Decimal(0))
    found = basket(exchange, draft("60", metric=Metric.TEMP_MAX, unit=Unit.FAHRENHEIT, level=Decimal(82)))
    assert [purchase.outcome for purchase in found.purchases] == [2, 3]
    assert [purchase.qty for purchase in found.purchases] == [60, 60]
    q = [0.0, 0.0, 60.0, 60.0]
    assert float(found.cost) == pytest.approx(lmsr.cost(q, 100.0) - lmsr.cost([0.0] * 4, 100.0), abs=1e-5)
    apart = sum(float(exchange.quote(order(market="HIGH", outcome=n, qty="60", side=Side.BUY)).cost) for n in (2, 3))
    assert float(found.cost) < apart  # the first purchase made the second cheaper
    assert found.pays_all == 60


def test_below_a_level_it_is_the_lower_brackets_or_no() -> None:
    exchange = listed(high("HIGH"), rain("RAIN"))
    cold = basket(exchange, draft("10", metric=Metric.TEMP_MAX, unit=Unit.FAHRENHEIT, above=False, level=Decimal(83)))
    assert [purchase.outcome for purchase in cold.purchases] == [0, 1]
    dry = basket(exchange, draft("10", above=False))
    assert [(p.near.leg, p.outcome) for p in dry.purchases] == [(Leg.NO, 0)]
    assert hedge.orders(dry)[0].leg is Leg.NO


def test_of_a_cells_markets_the_first_to_end_counts_then_the_nearest_level() -> None:
    markets = [
        rain("LATE", closes=CLOSES + 5, threshold=Decimal(20)),
        rain("LOW", threshold=Decimal(2)),
        rain("MID", threshold=Decimal(18)),
        rain("INCH", unit=Unit.INCH, threshold=Decimal(20)),
    ]
    found = basket(listed(*markets), draft(level=Decimal(20)))
    assert [one.market.id for one in found.near] == ["MID"]
    assert "The loss begins at 20 mm; the markets' levels are 18." in hedge.notes(found)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3_000), st.integers(1, 400), st.integers(1, 3), st.booleans())
def test_planning_changes_nothing_and_a_budget_is_never_passed(loss: int, budget: int, most: int, above: bool) -> None:
    exchange = three()
    exchange.execute(order(market="A", qty="30"), NOW, OrderId("o"))
    before = state(exchange)
    asked = draft(str(loss), budget=Decimal(budget), most_cells=most, above=above)
    found = basket(exchange, asked)
    assert state(exchange) == before
    assert found.refused is None
    assert found.total <= budget
    assert found.pays_all <= loss
    more = hedge._priced(exchange, YOU, asked, found.near, found.pays_all + Decimal("0.000001"), NOW)
    assert found.pays_all == loss or more.total > budget or more.refused is not None


def test_a_smaller_basket_says_how_much_of_the_loss_it_covers() -> None:
    found = basket(three(), draft("400", budget=Decimal(50)))
    assert Decimal("49.99") < found.total <= 50
    assert any("of the loss" in note for note in hedge.notes(found))


def test_a_limit_is_looked_at_before_anything_is_bought() -> None:
    exchange = three(max_group=Decimal(150))
    before = state(exchange)
    found = basket(exchange, draft("200"))
    assert found.refused is not None
    assert found.refused.code == "CORRELATED"
    assert found.purchases[0].quote is not None
    assert found.purchases[-1].quote is None
    assert state(exchange) == before
    with pytest.raises(ValueError, match="a refused basket cannot be bought"):
        hedge.orders(found)
    seen = hedge.view(found)
    assert "neighbourhood" in seen.refused
    assert (seen.total, seen.lines[-1].cost) == (None, None)


def test_cash_is_counted_over_the_whole_basket() -> None:
    exchange = listed(rain("A"), rain("B", BESIDE), b=1_000.0)
    found = basket(exchange, draft("1600"))
    assert found.refused is None
    poor = funded(YOU, SIM, amount=700)
    for contract in (rain("A"), rain("B", BESIDE)):
        poor.create(contract, b=1_000.0, prior=(), fee_rate=FEE, at=NOW)
    refused = basket(poor, draft("1600")).refused
    assert refused is not None
    assert refused.code == "CASH"


def test_a_budget_too_small_for_anything_is_refused() -> None:
    found = basket(three(), draft("100", budget=Decimal("0.00001")))
    assert found.refused is not None
    assert found.refused.code == "MIN_QTY"


def test_closed_markets_and_those_out_of_reach_do_not_count() -> None:
    exchange = three()
    exchange.close("A")
    assert {one.market.id for one in basket(exchange, draft()).near} == {"B", "C"}
    none = hedge.plan(exchange, YOU, draft(cell=h3.latlng_to_cell(35.0, -100.0, 7)), NOW)
    assert isinstance(none, Declined)
    assert none.text == "No open market on precipitation in mm lies within 8 cells, about 20 km, of the place. " + (
        "Brackets need a level."
    )
    over = hedge.plan(exchange, YOU, draft(), CLOSES)
    assert isinstance(over, Declined)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"place": (41.0, -87.0)}, "of a place or of a cell"),
        ({"cell": None}, "of a place or of a cell"),
        ({"cell": "x" * 500}, "is no cell that a market can be on"),
        ({"cell": None, "place": (float("nan"), 0.0)}, "There is no place at nan, 0."),
        ({"cell": None, "place": (91.0, 0.0)}, "There is no place at 91, 0."),
        ({"loss": Decimal(0)}, "The loss must be above 0"),
        ({"loss": Decimal("1e50")}, "The loss must be above 0"),
        ({"loss": Decimal("NaN")}, "The loss must be above 0"),
        ({"loss": Decimal("0.0000001")}, "The loss must be above 0"),
        ({"budget": Decimal("-1")}, "The budget must be above 0."),
        ({"budget": Decimal("sNaN")}, "The budget must be above 0."),
        ({"level": Decimal("Infinity")}, "The level must be a number."),
        ({"most_cells": 4}, "A basket has 1 to 3 cells, was 4."),
    ],
)
def test_terms_that_make_no_sense_are_refused_in_a_sentence(terms: dict[str, Any], words: str) -> None:
    found = hedge.plan(three(), YOU, draft(**terms), NOW)
    assert isinstance(found, Declined)
    assert words in found.text
    assert len(found.text) < 120
    assert hedge.view(found).refused == found.text


def test_the_view_says_what_it_pays_and_what_it_rests_on() -> None:
    seen = hedge.view(basket(three(), draft("100", level=Decimal("2.5"))))
    assert seen.refused == ""
    assert seen.total == seen.cost + seen.fee
    assert (seen.pays_all, seen.pays_none, seen.cells) == (100, 0, 3)
    assert sum(line.weight for line in seen.lines) == pytest.approx(1.0)
    assert all(line.before < line.average < line.after for line in seen.lines)
    assert {line.station for line in seen.lines} == {"KMDW, 1.2 km"}
    assert seen.notes[0].endswith("km from the place; a cell is about 5.2 km².")
    assert seen.notes[1] == "What counts is measured at KMDW, 1.2 km from the cell, not at the place."
    assert not any("levels" in note for note in seen.notes)


def test_prices_that_have_moved_fill_none_of_an_order() -> None:
    exchange = three()
    first, *_ = hedge.orders(basket(exchange, draft("100")))
    exchange.execute(order(market="A", qty="5"), NOW, OrderId("o"))
    done = exchange.execute(first, NOW, OrderId("p"))
    assert isinstance(done, Declined)
    assert done.code == "PRICE"


@pytest.mark.parametrize("phase", [1, 2, 3])
def test_a_basket_is_bought_at_its_quote_in_a_market_of_any_phase(phase: int) -> None:
    """A curve with a quoted spread sells above its price: limits at the price alone left half a hedge."""
    exchange = funded()
    for name, cell in (("A", MIDWAY), ("B", BESIDE)):
        exchange.create(rain(name, cell), 100.0, (), FEE, NOW, phase=phase)
    found = basket(exchange, draft("80"))
    paid = Decimal(0)
    for n, place in enumerate(hedge.orders(found)):
        done = exchange.execute(place, NOW, OrderId(f"h-{n}"))
        assert not isinstance(done, Declined), done
        paid += done.cost + done.fee
    assert paid == found.total


def test_a_budget_that_is_a_little_short_does_not_cover_the_whole_loss() -> None:
    exchange = three()
    whole = basket(exchange, draft("100"))
    short = basket(exchange, draft("100", budget=whole.total - Decimal("0.05")))
    assert short.pays_all < 100
    assert "The budget covers 99.9% of the loss." in hedge.notes(short)
