from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import Money
from engine.portfolio.correlated import Group, Joint, Kind, joint, underlying, worst

DAY = Group(Kind.DAY, "KMDW 2026-11-21", "KMDW 21 Nov")
CELL = Group(Kind.PLACE, "842664dffffffff", "cell 842664dff")
BTC = Group(Kind.UNDERLYING, "BTC", "BTC")
GROUPS = {"high": (DAY, CELL), "low": (DAY, CELL), "near": (CELL,), "5m": (BTC,), "15m": (BTC,), "alone": ()}


def money(**values: int) -> dict[str, Money]:
    return {event: Money(Decimal(value)) for event, value in values.items()}


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("polymarket:btc-updown-5m-1795281000", "BTC"),
        ("eth-updown-4h-1795281000", "ETH"),
        ("polymarket:bitcoin-up-or-down-november-21-3pm-et", "BTC"),
        ("kalshi:KXBTCD-26NOV2117", "BTC"),
        ("kalshi:KXETH-26NOV21", "ETH"),
        ("kalshi/KXSOLD-26NOV2117-T200", "SOL"),
        ("kalshi:KXHIGHCHI-26NOV21", ""),
        ("polymarket:highest-temperature-in-chicago", ""),
        ("", ""),
    ],
)
def test_an_underlying_is_read_from_the_venues_own_name(event: str, name: str) -> None:
    assert underlying(event) == name


def test_events_of_a_group_lose_together() -> None:
    found = joint(money(high=3, low=4, near=2, alone=50, **{"5m": 1, "15m": 8}), GROUPS)
    assert found == [
        Joint(CELL, 3, Money(Decimal(9))),
        Joint(BTC, 2, Money(Decimal(9))),
        Joint(DAY, 2, Money(Decimal(7))),
    ]


def test_the_worst_group_of_an_event_counts_what_it_would_come_to_in_place_of_what_it_is() -> None:
    losses = money(high=3, low=4, near=2)
    assert worst(losses, GROUPS, "high", Money(Decimal(1))) == Joint(CELL, 3, Money(Decimal(7)))
    assert worst(losses, GROUPS, "15m", Money(Decimal(5))) == Joint(BTC, 1, Money(Decimal(5)))
    assert worst(losses, GROUPS, "alone", Money(Decimal(5))) is None
    assert worst({}, GROUPS, "high", Money(Decimal(2))) == Joint(DAY, 1, Money(Decimal(2)))


@given(st.dictionaries(st.sampled_from(sorted(GROUPS)), st.integers(0, 100)), st.sampled_from(sorted(GROUPS)))
def test_the_worst_group_is_that_of_all_groups_with_the_change_made(losses: dict[str, int], event: str) -> None:
    after = Money(Decimal(7))
    known = money(**losses)
    found = worst(known, GROUPS, event, after)
    mine = [one for one in joint({**known, event: after}, GROUPS) if one.group in GROUPS[event]]
    assert (found is None) is not mine
    if found is not None:
        assert found.loss == max(one.loss for one in mine)
