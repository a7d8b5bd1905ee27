"""Settled Kalshi events held against their own brackets and the official value."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import pytest

from engine.core.instrument import Strike
from engine.venues.kalshi import listing
from engine.venues.kalshi.settlement import holds, payout, reckon
from tests.engine.venues.kalshi.markets import AT, brackets, event
from tests.shared import shared


def settled(winner: str, value: str = "85.00", status: str = "finalized", change=lambda m: m):
    markets = [
        change(m | {"status": status, "expiration_value": value, "result": "yes" if winner in m["ticker"] else "no"})
        for m in brackets()
    ]
    found = listing.listed(event(markets), None, AT)
    return found.family, found.instruments


def test_the_bracket_that_holds_the_value_won_and_nothing_is_flagged() -> None:
    seen = reckon(*settled("B84.5"))
    assert seen.winner is not None
    assert seen.winner.symbol == "KXHIGHNY-26AUG29-B84.5"
    assert (seen.value, seen.final, seen.flags, seen.provisional) == (Decimal("85.00"), True, (), False)


def test_a_determined_event_is_provisional() -> None:
    seen = reckon(*settled("B84.5", status="determined"))
    assert seen.flags == ()
    assert seen.provisional


def test_a_winner_that_does_not_hold_the_value_is_flagged_on_both_sides() -> None:
    seen = reckon(*settled("B86.5"))
    assert seen.provisional
    assert {flag.split(" ended")[0][-5:] for flag in seen.flags} == {"B84.5", "B86.5"}


def test_two_winners_are_flagged() -> None:
    seen = reckon(*settled("B8"))
    assert seen.winner is None
    assert "4 markets pay YES though they exclude each other" in seen.flags


def test_no_winner_is_flagged() -> None:
    assert "no market pays YES though the brackets leave nothing out" in reckon(*settled("none of them")).flags


def test_markets_that_name_different_values_are_flagged() -> None:
    change = lambda m: m | {"expiration_value": "84"} if "T89" in m["ticker"] else m  # noqa: E731
    seen = reckon(*settled("B84.5", change=change))
    assert seen.value is None
    assert "the markets name different values: 84, 85.00" in seen.flags


def test_our_own_oracle_is_held_against_the_venue() -> None:
    assert "the venue says 85.00, our oracle 86" in reckon(*settled("B84.5"), Decimal(86)).flags
    assert reckon(*settled("B84.5"), Decimal(85)).flags == ()


def test_an_event_half_determined_says_nothing_yet() -> None:
    family, members = settled("B84.5")
    half = [msgspec.structs.replace(m, status="open", result="") if "T" in m.id.symbol[-4:] else m for m in members]
    seen = reckon(family, half)
    assert not seen.final
    assert seen.flags == ()


def test_a_scalar_result_is_flagged_and_paid_by_its_value() -> None:
    change = lambda m: m | {"result": "scalar", "settlement_value_dollars": "0.5000"}  # noqa: E731
    family, members = settled("B84.5", change=change)
    assert "ended neither YES nor NO" in reckon(family, members).flags[0]
    assert payout(members[0], Decimal(10)) == Decimal(5)


def test_a_holding_is_paid_by_side() -> None:
    _, members = settled("B84.5")
    won = next(m for m in members if m.result == "yes")
    lost = next(m for m in members if m.result == "no")
    assert (payout(won, Decimal(3)), payout(won, Decimal(-3))) == (3, 0)
    assert (payout(lost, Decimal(3)), payout(lost, Decimal(-3))) == (0, 3)
    assert payout(msgspec.structs.replace(won, status="closed"), Decimal(3)) is None


@pytest.mark.parametrize(("value", "held"), [("52299.99", True), ("52300", False), ("52199.999", False)])
def test_a_strike_of_cents_holds_values_in_dollars(value, held) -> None:
    assert holds(Strike(low=5_220_000, high=5_229_999, unit="0.01 $"), Decimal(value)) is held


def test_every_recorded_settlement_of_july_fits() -> None:
    checked = 0
    for line in shared("frames/kalshi/weather_actuals_2026-07-21_settled.jsonl").read_text().splitlines():
        for found in (json.loads(line).get("settled_markets") or {}).get("events", ()):
            if not found["results"] or not found["expiration_value"]:
                continue
            family = listing.listed(event(rebuilt(found)), None, AT)
            assert family.family.exhaustive, family.family.why
            seen = reckon(family.family, family.instruments)
            assert seen.flags == ()
            assert seen.final
            checked += 1
    assert checked >= 20


def rebuilt(found: dict) -> list[dict]:
    """The recorder kept tickers and results; the lower T is the bottom, the higher the top."""
    bounds = sorted(float(t.rpartition("-T")[2]) for t in found["results"] if "-T" in t)
    markets = []
    for ticker, result in found["results"].items():
        kind, figure = ticker.rpartition("-")[2][0], float(ticker.rpartition("-")[2][1:])
        strike = (
            {"strike_type": "between", "floor_strike": figure - 0.5, "cap_strike": figure + 0.5}
            if kind == "B"
            else {"strike_type": "less", "cap_strike": figure}
            if figure == bounds[0]
            else {"strike_type": "greater", "floor_strike": figure}
        )
        value = found["expiration_value"]
        markets.append({"ticker": ticker, "status": "finalized", "result": result, "expiration_value": value, **strike})
    return markets
