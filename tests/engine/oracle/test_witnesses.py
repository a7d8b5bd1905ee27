"""Reports that several services told: one verdict and one record in whichever order they came (P22)."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core.contract import Metric, SourceName, Sources, Unit, WeightedSource
from engine.core.ids import MarketId
from engine.core.reading import Reading
from engine.oracle import chain, witnesses
from engine.oracle.resolve import resolve
from tests.engine.oracle.cases import CLOSES, MIDWAY, at, contract, day, rain

NAMED = Sources(order=(WeightedSource(name=SourceName.ASOS, weight=Decimal(1)),), apart=Decimal(1))


def told(source: str, total: int) -> list[Reading]:
    return [replace(one, source=source) for one in rain(total)]


def record(terms, readings) -> dict[str, object]:
    told = {MIDWAY: readings}
    return chain.payload(terms, resolve(terms, told), told, market=MarketId("m"), settled_at=CLOSES)


@pytest.mark.parametrize("terms", [contract(), contract(sources=NAMED)], ids=["by its rule", "by named sources"])
def test_services_that_tell_one_report_differently_are_disputed_where_it_matters_and_both_are_kept(terms) -> None:
    found = [
        record(terms, readings) for readings in (told("IEM", 20) + told("NWS", 5), told("NWS", 5) + told("IEM", 20))
    ]
    assert found[0] == found[1]
    assert (found[0]["outcome"], found[0]["reason"]) == ("DISPUTED", "sources")
    assert "IEM and NWS tell the report of 2026-07-03T06:53:00Z differently" in str(found[0]["detail"])
    assert len(found[0]["evidence"]) == 25  # type: ignore[arg-type] # a list
    assert chain.reverify(found[0]).reason == "sources"


def test_services_that_differ_on_what_is_not_asked_settle() -> None:
    iem = [replace(one, source="IEM", wind_kt=12) for one in rain(20)]
    nws = [replace(one, source="NWS", wind_kt=15) for one in rain(20)]
    assert resolve(contract(), {MIDWAY: nws + iem}).outcome == "YES"
    gust = contract(metric=Metric.WIND_GUST, unit=Unit.KNOT, threshold=Decimal(10))
    assert resolve(gust, {MIDWAY: nws + iem}).reason == "sources"


def test_a_correction_says_which_is_right() -> None:
    corrected = replace(rain(5)[0], source="NWS", corrected=True)
    assert resolve(contract(), {MIDWAY: [corrected, *told("IEM", 20)]}).outcome == "NO"


def test_what_is_kept_is_every_report_with_what_is_said_against_it() -> None:
    iem, nws = at(3, source="IEM", wind_kt=3), at(3, source="NWS", wind_kt=4)
    assert witnesses.kept([nws, at(2), iem]) == (at(2), iem, nws)


WORDS = st.lists(
    st.tuples(st.integers(0, 23), st.sampled_from(("IEM", "AWC", "NWS")), st.integers(0, 12), st.booleans()),
    max_size=10,
    unique_by=lambda word: (word[0], word[1], word[3]),
)


@given(WORDS, st.randoms())
def test_the_outcome_and_the_record_do_not_depend_on_the_order_of_arrival(words, order: random.Random) -> None:
    readings = day(precip_hundredths_in=0) + [
        at(hour, source=source, precip_hundredths_in=fell, corrected=corrected)
        for hour, source, fell, corrected in words
    ]
    mixed = list(readings)
    order.shuffle(mixed)
    stated, other = record(contract(), readings), record(contract(), mixed)
    assert chain.canonical(stated) == chain.canonical(other)
    again = chain.reverify(stated)
    assert (again.outcome, again.reason) == (stated["outcome"], stated["reason"])
