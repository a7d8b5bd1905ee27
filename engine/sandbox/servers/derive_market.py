"""What the sandbox's Derive lists, and what it reckons: an index that walks, a flat smile, instruments of one coin.

Everything follows from the seed and the day's clock. Options are those of the next two Fridays; a perpetual and a
pair stand beside them. Prices are Decimals on the instrument's own steps.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from engine.core.units import SECOND, Nanos
from engine.maths import black

COIN: Final = "ETH"
CASH: Final = "USDC"
BASE: Final = 2_500.0
"""Dollars at which the index begins."""
VOL: Final = 0.6
YEAR_S: Final = 365 * 86_400
STRIKES: Final = (-2, -1, 0, 1, 2)
STRIKE_STEP: Final = 100
TWAP_S: Final = 1_800
ASSETS: Final = {
    "option": "0x4BB4C3CDc7562f08e9910A0C7D8bB7e108861eB4",
    "perp": "0xAf65752C4643E25C02F693f9D4FE19cF23a095E3",
    "erc20": "0x41675b7746AE0E464f2594d258CF399c392A179C",
}


@dataclass(frozen=True, slots=True)
class Contract:
    """One instrument."""

    name: str
    kind: str
    tick: Decimal
    step: Decimal
    least: Decimal
    most: Decimal
    base_fee: Decimal
    maker: Decimal
    taker: Decimal
    sub_id: int
    expiry_s: int = 0
    strike: Decimal = Decimal(0)
    call: bool = False

    @property
    def asset(self) -> str:
        """Its contract on the chain."""
        return ASSETS[self.kind]

    def price(self, value: float) -> Decimal:
        """Return a price on its steps, at least one."""
        steps = (Decimal(repr(value)) / self.tick).to_integral_value(ROUND_HALF_EVEN)
        return max(steps, Decimal(1)) * self.tick


@dataclass(frozen=True, slots=True)
class Mark:
    """What the venue reckons an instrument at."""

    price: Decimal
    index: Decimal
    forward: Decimal
    delta: float = 1.0
    gamma: float = 0.0
    vega: float = 0.0
    theta: float = 0.0


class Index:
    """A spot price that walks by the second, seeded; still, it stays where it began."""

    def __init__(self, seed: int, start: Nanos, *, lively: bool = True) -> None:
        self.value = BASE
        self.lively = lively
        self._rng = random.Random(f"{seed} derive index")
        self._at = start
        self._past: list[tuple[Nanos, float]] = [(start, BASE)]

    def run(self, at: Nanos) -> None:
        """Let the walk come to an instant; at most an hour of seconds is walked, a longer gap in larger steps."""
        if at <= self._at:
            return
        steps = min((at - self._at) // SECOND, 3_600)
        if not steps:
            return
        pace = (at - self._at) / SECOND / steps
        for number in range(1, steps + 1):
            if self.lively:
                self.value *= math.exp(self._rng.gauss(0.0, VOL * math.sqrt(pace / YEAR_S)))
            self._past.append((Nanos(self._at + int(number * pace * SECOND)), self.value))
        self._at = at
        del self._past[: max(0, len(self._past) - 2 * TWAP_S)]

    def mean(self, until_s: int) -> Decimal:
        """Return the average of the half hour before an expiry: what its options settle at."""
        first, last = (until_s - TWAP_S) * SECOND, until_s * SECOND
        seen = [value for at, value in self._past if first <= at <= last] or [self.value]
        return Decimal(repr(sum(seen) / len(seen))).quantize(Decimal("0.01"))

    @property
    def spot(self) -> Decimal:
        """The index to the cent."""
        return Decimal(repr(self.value)).quantize(Decimal("0.01"))


def contracts(start: Nanos) -> dict[str, Contract]:
    """Return what is listed on a day."""
    perp = Contract(
        f"{COIN}-PERP", "perp", Decimal("0.01"), Decimal("0.001"), Decimal("0.01"), Decimal(1_000), Decimal("0.1"),
        Decimal("0.0001"), Decimal("0.0003"), 0,
    )  # fmt: skip
    pair = Contract(
        f"{COIN}-{CASH}", "erc20", Decimal("0.1"), Decimal("0.01"), Decimal("0.1"), Decimal(1_000), Decimal(0),
        Decimal("0.0005"), Decimal("0.0015"), 0,
    )  # fmt: skip
    found = {perp.name: perp, pair.name: pair}
    middle = round(BASE / STRIKE_STEP)
    for day in _fridays(start):
        expiry = int(day.timestamp())
        for number in STRIKES:
            strike = Decimal((middle + number) * STRIKE_STEP)
            for call in (True, False):
                one = _option(day, expiry, strike, call=call)
                found[one.name] = one
    return found


def mark(one: Contract, index: float, at: Nanos) -> Mark:
    """Return what an instrument is worth now."""
    spot = Decimal(repr(index)).quantize(Decimal("0.01"))
    if one.kind != "option":
        return Mark(spot, spot, spot)
    years = max(one.expiry_s - at / SECOND, 60.0) / YEAR_S
    found = black.option(index, float(one.strike), VOL, years, put=not one.call)
    return Mark(
        Decimal(repr(found.price)).quantize(Decimal("0.01")), spot, spot, found.delta, found.gamma, found.vega / 100,
        found.theta_day,
    )  # fmt: skip


def _option(day: datetime, expiry: int, strike: Decimal, *, call: bool) -> Contract:
    name = f"{COIN}-{day:%Y%m%d}-{strike}-{'C' if call else 'P'}"
    sub_id = (expiry << 64) + (int(strike) << 1) + int(call) + (1 << 95)  # above what a double can hold, as there
    return Contract(
        name, "option", Decimal("0.1"), Decimal("0.01"), Decimal("0.1"), Decimal(5_000), Decimal("0.5"),
        Decimal("0.0001"), Decimal("0.0003"), sub_id, expiry, strike, call,
    )  # fmt: skip


def _fridays(start: Nanos) -> list[datetime]:
    """Return the next two Fridays at eight o'clock, at least a day away."""
    now = datetime.fromtimestamp(start / SECOND, UTC)
    day = now.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while day.weekday() != 4 or day - now < timedelta(days=1):
        day += timedelta(days=1)
    return [day, day + timedelta(days=7)]
