from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from engine.core.contract import Metric
from engine.core.units import HOUR, MINUTE, SECOND, Nanos
from engine.exchange.answers import Declined
from engine.exchange.exchange import Exchange
from engine.sandbox import contracts, day

SEEDS = range(5)


def listed(world, seed, hours):
    return world(seed)[2].until(Nanos(day.START + hours * HOUR))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_exchange_takes_every_market_of_two_days(world, stations, seed) -> None:
    exchange = Exchange()
    for row in day.build(seed, stations).accounts:
        exchange.deposit(row.account, row.amount)
    for listing in listed(world, seed, 48):
        for over in [m for m in exchange.markets.values() if m.contract.closes <= listing.at and m.status == "open"]:
            exchange.close(over.id)
            exchange.settle(over.id, 0)
        made = listing.create
        answer = exchange.create(
            contract=made.contract, b=made.b, prior=made.prior, fee_rate=made.fee_rate, at=listing.at
        )
        assert not isinstance(answer, Declined), answer


def test_the_session_opens_with_highs_rain_a_gust_a_low_and_a_conflict(world) -> None:
    found = listed(world, 1, 0)
    titles = sorted(listing.contract.title.split(" · ")[0] for listing in found)
    assert [t for t in titles if t.endswith(" high")] == ["AUS high", "CHI high", "DEN high", "MIA high", "NYC high"]
    assert [t for t in titles if "rain" in t] == [
        "CHI ORD rain > 2.5 mm", "CHI PWK rain > 2.5 mm", "CHI rain > 2.5 mm",
    ]  # fmt: skip
    assert (
        sum("gust" in t for t in titles) == sum("low" in t for t in titles) == sum("ORD–PWK" in t for t in titles) == 1
    )
    assert all(listing.at == day.START for listing in found)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_windows_come_out_yes_no_and_disputed(world, seed) -> None:
    soon = [x for x in listed(world, seed, 0) if x.contract.closes <= day.START + 180 * SECOND * day.SPEED]
    outcomes = [x.verdict() for x in soon]
    assert {"YES", "NO", "DISPUTED"} <= {v.outcome for v in outcomes}
    assert [v.reason for v in outcomes if v.outcome == "DISPUTED"] == ["conflict"]


def test_the_first_close_is_75_real_seconds_after_the_start(world) -> None:
    first = min(x.contract.closes for x in listed(world, 1, 0))
    assert (first - day.START) / SECOND / day.SPEED == 75


@pytest.mark.parametrize("seed", SEEDS)
def test_all_but_the_conflict_are_decided(world, seed) -> None:
    for listing in listed(world, seed, 30):
        verdict = listing.verdict()
        assert (verdict.outcome == "DISPUTED") is (listing.contract.min_stations == 2), listing.contract.title


def test_identifiers_are_unique_over_a_week(world) -> None:
    found = [x.contract.id for x in listed(world, 1, 7 * 24)]
    assert len(found) == len(set(found))


def test_an_identifier_names_cell_metric_threshold_day_and_hour(world) -> None:
    found = {x.contract.title.split(" · ")[0]: x.contract.id for x in listed(world, 1, 0)}
    assert found["CHI rain > 2.5 mm"] == "ATMX-872664521-PRECIP-2P5MM-20260703-13"
    assert found["CHI high"].startswith("ATMX-872664521-TEMP-")
    assert found["CHI high"].endswith("FMAX-20260703-00")


@pytest.mark.parametrize("seed", SEEDS)
def test_titles_name_the_day_on_which_they_open(world, seed) -> None:
    """Tomorrow's gust was named like yesterday's: the hours alone come back every day."""
    found = listed(world, seed, 72)
    for listing in found:
        local = datetime.fromtimestamp(
            listing.contract.opens / SECOND + 3_600 * listing.sky.region.home.utc_offset_hours, UTC
        )
        assert f"{local.day} {local:%b}" in listing.contract.title, listing.contract.title
    titles = [listing.contract.title for listing in found]
    assert len(set(titles)) == len(titles)


def test_a_new_rain_window_is_open_before_the_last_has_closed(world) -> None:
    rain = sorted(
        {(x.contract.opens, x.contract.closes, x.at) for x in listed(world, 1, 48)
         if x.contract.metric is Metric.PRECIPITATION}
    )  # fmt: skip
    for (_, closes, _), (opens, _, at) in pairwise(rain):
        assert opens == closes
        assert at == closes - HOUR


def test_the_next_days_highs_are_listed_the_evening_before(world) -> None:
    highs = [x for x in listed(world, 1, 32) if x.contract.brackets and x.contract.place == "Chicago"]
    assert len(highs) == 3
    assert highs[1].at == highs[1].contract.opens - 4 * HOUR
    assert highs[1].contract.opens == highs[0].contract.closes


@pytest.mark.parametrize("middle", [86, -3, 0])
def test_six_brackets_hold_every_temperature_once(middle) -> None:
    brackets = contracts.ladder(middle)
    assert len(brackets) == 6
    for value in range(middle - 30, middle + 30):
        hits = [b for b in brackets if (b.low is None or value >= b.low) and (b.high is None or value <= b.high)]
        assert len(hits) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_no_market_opens_on_an_outcome_that_reports_have_ruled_out(world, seed) -> None:
    for listing in listed(world, seed, 0):
        value = listing.value(listing.at)
        if listing.contract.brackets and value is not None:
            for bracket, prior in zip(listing.contract.brackets, listing.create.prior, strict=True):
                if bracket.high is not None and bracket.high < value:
                    assert prior == pytest.approx(0.01)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_market_measures_so_far_ends_at_its_verdict(world, seed) -> None:
    for listing in listed(world, seed, 12):
        if listing.contract.metric in (Metric.PRECIPITATION, Metric.TEMP_MAX) and listing.contract.min_stations == 1:
            end = listing.value(listing.contract.closes)
            assert end == pytest.approx(float(listing.verdict().value))
            before = listing.value(Nanos(listing.contract.closes - 90 * MINUTE))
            assert before is None or before <= end
