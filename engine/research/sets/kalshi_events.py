"""Kalshi events of the sets as the engine lists them: through the connector's own reading of strikes and rules."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core.errors import InputError
from engine.core.events import Listed, StatusChanged
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, InstrumentId
from engine.core.instrument import Band
from engine.core.units import Nanos, Ticks
from engine.venues.kalshi import listing
from engine.venues.kalshi.wire_markets import EventData

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.core.events import Event

CENTS: Final = (Band(Ticks(100), Ticks(9_900), Ticks(100)),)
TAPERED: Final = (
    Band(Ticks(10), Ticks(1_000), Ticks(10)),
    Band(Ticks(1_000), Ticks(9_000), Ticks(100)),
    Band(Ticks(9_000), Ticks(9_990), Ticks(10)),
)
"""Whole cents, and tenths of them below ten and above ninety."""
BEFORE_2026: Final = FeeRule(kind="kalshi_cents", rate=Decimal("0.07"), maker_rate=Decimal("0.0175"))
SINCE_2026: Final = FeeRule(kind="kalshi", rate=Decimal("0.07"), maker_rate=Decimal("0.0175"))
"""Makers are charged too: an edge is rather understated than invented."""
_LABEL: Final = re.compile(r"(\d+)° (?:(or below)|(or above)|to (\d+)°)")


def listed(
    event: dict[str, Any], markets: Sequence[dict[str, Any]], at: Nanos, fee: FeeRule, grid: tuple[Band, ...] = CENTS
) -> Listed:
    """Return an event as it stood when it opened: no result, no price of later.

    Raises
    ------
    InputError
        If the engine cannot list it.
    """
    clean = [
        {k: v for k, v in market.items() if k not in {"result", "expiration_value", "status"}} | {"status": "active"}
        for market in markets
    ]
    try:
        data = msgspec.convert({**event, "markets": clean}, EventData, strict=False)
        found = listing.listed(data, None, at)
    except (msgspec.ValidationError, ValueError) as e:
        raise InputError(f"{event.get('event_ticker')}: {e}") from None
    replaced = tuple(msgspec.structs.replace(one, fee=fee, grid=grid) for one in found.instruments)
    return msgspec.structs.replace(found, instruments=replaced)


def from_labels(ticker: str, labels: Sequence[str]) -> list[dict[str, Any]]:
    """Return market objects of the brackets that a page names, such as ``75° to 76°``.

    Raises
    ------
    InputError
        If a label is none of a bracket.
    """
    markets: list[dict[str, Any]] = []
    for label in labels:
        found = _LABEL.fullmatch(label)
        if found is None:
            raise InputError(f"{ticker}: {label!r} is no bracket")
        first, below, above, last = int(found[1]), found[2], found[3], found[4]
        if below:
            name, kind, strikes = f"T{first + 1}", "less", {"cap_strike": first + 1}
        elif above:
            name, kind, strikes = f"T{first - 1}", "greater", {"floor_strike": first - 1}
        else:
            name, kind, strikes = f"B{first}.5", "between", {"floor_strike": first, "cap_strike": int(last)}
        markets.append({"ticker": f"{ticker}-{name}", "yes_sub_title": label, "strike_type": kind, **strikes})
    return markets


def from_tickers(ticker: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return market objects of an event's six tickers: ``B32.5`` is 32 to 33, the lower ``T`` less, the higher greater.

    Raises
    ------
    InputError
        If they are not two ends and what lies between.
    """
    ends = sorted(int(name.rpartition("-T")[2]) for name in names if "-T" in name)
    if len(ends) != 2:
        raise InputError(f"{ticker}: {len(ends)} open brackets where two were expected")
    between = sorted(int(float(name.rpartition("-B")[2])) for name in names if "-B" in name)
    labels = [f"{ends[0] - 1}° or below", *(f"{low}° to {low + 1}°" for low in between), f"{ends[1] + 1}° or above"]
    return from_labels(ticker, labels)


def ending(results: dict[InstrumentId, str], closes: Nanos, known: Nanos) -> Iterator[Event]:
    """Yield the close of every market, then its result when it was known."""
    for one in results:
        yield StatusChanged(at=closes, instrument=one, status="closed")
    for one, result in results.items():
        yield StatusChanged(at=known, instrument=one, status="settled", result=result)


def name(ticker: str) -> InstrumentId:
    """Return the instrument of a ticker."""
    return InstrumentId(KALSHI, ticker)
