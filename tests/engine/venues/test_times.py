"""Stamps of venues beyond what the journal can hold: an event with one would not be taken in, and its book be wrong."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.core.errors import WireError
from engine.core.units import Nanos
from engine.core.when import FARTHEST
from engine.venues.binance import wire as binance
from engine.venues.binance import wire_rest as binance_rest
from engine.venues.deribit import numbers as deribit
from engine.venues.derive import numbers as derive
from engine.venues.kalshi import numbers as kalshi
from engine.venues.polymarket import numbers as polymarket

if TYPE_CHECKING:
    from collections.abc import Callable

STAMPS = [
    *(digit * 10**power for digit in (1, 5, 9) for power in range(9, 21)),
    9_223_372_036, 9_223_372_037, 9_223_372_036_854, 9_223_372_036_855, 253_402_300_799, 253_402_300_799_999,
]  # fmt: skip


def server_time(stamp: int) -> Nanos:
    return Nanos(binance_rest.server_time(b'{"serverTime":%d}' % stamp) * 1_000_000)


def traded(stamp: int) -> Nanos:
    scale = binance.Scale(Decimal("0.01"), Decimal("0.00000001"))
    raw = b'{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"1.00","q":"1.00000000","T":%d,"m":true,"M":true}' % stamp
    return binance.decode(raw, Nanos(1), {"BTCUSDT": scale}).trade.venue_time  # type: ignore[union-attr, return-value]


@pytest.mark.parametrize(
    "read",
    [kalshi.seconds, kalshi.millis, polymarket.nanos, derive.instant, deribit.nanos, server_time, traded],
    ids=["Kalshi s", "Kalshi ms", "Polymarket", "Derive", "Deribit", "Binance's clock", "Binance's trades"],
)
def test_no_stamp_is_read_that_the_journal_cannot_hold(read: Callable[[int], Nanos]) -> None:
    found = []
    for stamp in STAMPS:
        with suppress(ValueError, WireError):
            found.append(read(stamp))
    assert found
    assert all(0 <= at < FARTHEST for at in found)
