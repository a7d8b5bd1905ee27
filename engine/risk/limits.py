"""The limits behind the gates: what each means, what it starts at, and how it may be changed.

A limit can be tightened at any time. It is loosened only while flat and with a reason, which the ledger keeps.
Starting values follow from the balance where a share is given: 15 % at risk, -3 % a day, -8 % a week, 10 % for one
strategy and 15 % for all (the limits of the Up/Down design), 10 % on one event, 12 % on events that go together.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import SECOND, Nanos

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.core.units import Money


OFF: Final = Decimal(1_000_000)
"""Of WINDOW_DELTA and WINDOW_GAMMA, which start there: from there on nothing is reckoned, and nothing refused."""
DECIMALS: Final = 9
"""What no limit needs more of; a number written with a hundred thousand of them fills the ledger."""


@dataclass(frozen=True, slots=True)
class LimitSpec:
    """One limit: its code is that of the gate it serves."""

    code: str
    unit: str
    start: Decimal
    """Starting value, or with `of_equity` the share of the balance it starts at."""
    lowest: Decimal
    highest: Decimal
    of_equity: bool = False
    loss: bool = False
    """A negative sum at which trading stops: tighter is nearer to zero."""


def _spec(code: str, unit: str, start: str, lowest: str, highest: str, **more: bool) -> LimitSpec:
    return LimitSpec(code, unit, Decimal(start), Decimal(lowest), Decimal(highest), **more)


SPECS: Final[dict[str, LimitSpec]] = {
    spec.code: spec
    for spec in (
        _spec("CLOSE_GUARD", "s", "5", "0", "86400"),
        _spec("ORDER_QTY", "ct", "250", "0", "1000000"),
        _spec("ORDER_VALUE", "$", "0.10", "0", "1000000", of_equity=True),
        _spec("DUPLICATE", "s", "2", "0", "60"),
        _spec("RATE", "/2 s", "4", "1", "1000"),
        _spec("RATE_MINUTE", "/min", "60", "1", "10000"),
        _spec("OPEN_ORDERS", "orders", "20", "1", "1000"),
        _spec("CLOCK", "ms", "2500", "1", "60000"),
        _spec("BOOK_AGE", "s", "30", "1", "3600"),
        _spec("PRICE_COLLAR", "¢", "10", "0", "100"),
        _spec("SOURCE_AGE", "min", "70", "1", "1440"),
        _spec("MARKET_POSITION", "ct", "500", "0", "1000000"),
        _spec("CELL_EXPOSURE", "ct", "1000", "0", "1000000"),
        _spec("GROUP_EXPOSURE", "ct", "5000", "0", "1000000"),
        _spec("EVENT_EXPOSURE", "$", "0.10", "0", "1000000", of_equity=True),
        _spec("AT_RISK", "$", "0.15", "0", "1000000", of_equity=True),
        _spec("MARKET_ORDERS", "orders", "10", "1", "1000"),
        _spec("STRATEGY_RATE", "/min", "30", "1", "10000"),
        _spec("STRATEGY_REPEAT", "orders", "3", "1", "1000"),
        _spec("STRATEGY_FILLS", "/min", "20", "1", "10000"),
        _spec("WINDOW_ORDERS", "orders", "50", "1", "10000"),
        _spec("MESSAGE_RATIO", ": 1", "50", "1", "10000"),
        _spec("DATA_AGE", "s", "5", "1", "3600"),
        _spec("MODEL_AGE", "s", "5", "1", "86400"),
        _spec("MARKOUT", "¢", "3", "0", "100"),
        _spec("STRATEGY_STAKE", "$", "0.10", "0", "1000000", of_equity=True),
        _spec("STRATEGIES_STAKE", "$", "0.15", "0", "1000000", of_equity=True),
        _spec("WINDOW_DELTA", "coins", "1000000", "0", "1000000000"),
        _spec("WINDOW_GAMMA", "coins/1%", "1000000", "0", "1000000000"),
        _spec("CORRELATED", "$", "0.12", "0", "1000000", of_equity=True),
        _spec("VENUE_EXPOSURE", "$", "0.12", "0", "1000000", of_equity=True),
        _spec("GROSS_EXPOSURE", "$", "0.50", "0", "1000000", of_equity=True),
        _spec("MARK_COLLAR", "%", "5", "0", "100"),
        _spec("COIN_POSITION", "coins", "10", "0", "1000000"),
        _spec("COIN_TOTAL", "coins", "100", "0", "1000000"),
        _spec("DELTA", "coins", "10", "0", "1000000"),
        _spec("GAMMA", "coins/1%", "5", "0", "1000000"),
        _spec("VEGA", "$/pt", "1000", "0", "100000000"),
        _spec("EXPIRY_VEGA", "$/pt", "750", "0", "100000000"),
        _spec("EXPIRY_THETA", "$/d", "1000", "0", "100000000"),
        _spec("STRESS", "$", "0.15", "0", "100000000", of_equity=True),
        _spec("STOP_LOSS", "%", "10", "0", "100"),
        _spec("DAILY_LOSS", "$", "-0.03", "-1000000", "0", of_equity=True, loss=True),
        _spec("WEEKLY_LOSS", "$", "-0.08", "-1000000", "0", of_equity=True, loss=True),
    )
}


class Pace(NamedTuple):
    """The limits of pace as whole numbers, which are compared six times as fast."""

    open_orders: int
    minute: int
    two_seconds: int
    spell: Nanos
    """Of DUPLICATE."""


class Limits:
    """The limits in force."""

    def __init__(self, equity: Money, kept: Iterable[tuple[str, Decimal]] = ()) -> None:
        self._values = {code: _start(spec, equity) for code, spec in SPECS.items()}
        self._values.update((code, value) for code, value in kept if code in SPECS)
        self.pace = _pace(self._values)
        self.guard = _guard(self._values)
        """Of CLOSE_GUARD."""
        self.known: Mapping[str, Decimal] = self._values
        """All limits by code, as `values` has them; orders are held against these without a call."""

    def __getitem__(self, code: str) -> Decimal:
        """Return the limit of a gate, in its unit."""
        return self._values[code]

    def values(self) -> Mapping[str, Decimal]:
        """Return all limits by code."""
        return self._values

    def refuse(self, code: str, value: Decimal, *, flat: bool, why: str) -> str:
        """Return why a limit may not be set to `value`; empty when it may."""
        spec = SPECS.get(code)
        if spec is None:
            return f"{code} has no limit to set"
        if not value.is_finite() or not spec.lowest <= value <= spec.highest:
            return f"{code} must lie between {spec.lowest} and {spec.highest} {spec.unit}, was {value:.9g}"
        if -int(value.as_tuple().exponent) > DECIMALS:
            return f"{code} has up to {DECIMALS} decimals, was {value:.9g}"
        if self.tightens(code, value) or (flat and why.strip()):
            return ""
        return f"{code} is loosened only while flat and with a reason; it stays at {self[code]} {spec.unit}"

    def tightens(self, code: str, value: Decimal) -> bool:
        """Whether `value` lets no more pass than the limit in force."""
        if SPECS[code].loss or code in {"CLOSE_GUARD", "DUPLICATE"}:
            return value >= self[code]
        return value <= self[code]

    def set(self, code: str, value: Decimal) -> None:
        """Put a limit into force; `refuse` said nothing against it."""
        self._values[code] = value
        self.pace, self.guard = _pace(self._values), _guard(self._values)


def _pace(values: Mapping[str, Decimal]) -> Pace:
    orders, minute, two_seconds = (int(values[code]) for code in ("OPEN_ORDERS", "RATE_MINUTE", "RATE"))
    return Pace(orders, minute, two_seconds, Nanos(int(values["DUPLICATE"] * SECOND)))


def _guard(values: Mapping[str, Decimal]) -> Nanos:
    """Return the least time before the close; the gate counts whole seconds."""
    return Nanos(ceil(values["CLOSE_GUARD"]) * SECOND)


def _start(spec: LimitSpec, equity: Money) -> Decimal:
    if not spec.of_equity:
        return spec.start
    return (spec.start * equity).quantize(Decimal("0.01"), ROUND_FLOOR)
