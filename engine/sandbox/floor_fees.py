"""What the simulated venues take of a fill, to the venue's own last digit.

Written from the venues' fee pages and apart from `engine.maths.fees`, so that the terminal's sums are held against
somebody else's.

Source: Kalshi fee schedule of 2026 (0.07 · m · C · P · (1 − P), then the cash movement to $0.0001 against the
account); Polymarket fee documentation of 2026 (shares · rate · (p(1 − p))^e, taker only, five decimals).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Final, Protocol

CENTICENT: Final = Decimal("0.0001")
TAKER: Final = Decimal("0.07")
FIVE: Final = Decimal("0.00001")
NONE: Final = Decimal(0)


class Schedule(Protocol):
    """How much of a fill a venue keeps."""

    def fee(self, price: Decimal, shares: Decimal, cost: Decimal, *, maker: bool, buys: bool) -> Decimal:
        """Return the fee, account currency, >= 0.

        Parameters
        ----------
        price : Decimal, (0, 1)
            Of YES.
        shares : Decimal, > 0
        cost : Decimal, >= 0
            What the account pays for the leg it buys (or gets for the one it sells).
        maker, buys : bool
            Whether its order rested; whether it pays.
        """


@dataclass(frozen=True, slots=True)
class Kalshi:
    """``quadratic``: takers only, unless `maker_rate` is set."""

    multiplier: Decimal = Decimal(1)
    maker_rate: Decimal = NONE

    def fee(self, price: Decimal, shares: Decimal, cost: Decimal, *, maker: bool, buys: bool) -> Decimal:
        """Return the trade fee to $0.0001 and what rounding the cash movement adds."""
        del buys  # a Kalshi fill always buys one of the two legs
        rate = self.maker_rate if maker else TAKER
        trade = (rate * self.multiplier * shares * price * (1 - price)).quantize(CENTICENT, ROUND_CEILING)
        return (cost + trade).quantize(CENTICENT, ROUND_CEILING) - cost


@dataclass(frozen=True, slots=True)
class Polymarket:
    """``feeSchedule`` of a market, takers only."""

    rate: Decimal
    exponent: int = 1

    def fee(self, price: Decimal, shares: Decimal, cost: Decimal, *, maker: bool, buys: bool) -> Decimal:
        """Return the fee in five decimals."""
        del cost, buys
        if maker:
            return NONE
        return (shares * self.rate * (price * (1 - price)) ** self.exponent).quantize(FIVE, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Free:
    """No fee at all."""

    def fee(self, price: Decimal, shares: Decimal, cost: Decimal, *, maker: bool, buys: bool) -> Decimal:
        """Return nothing."""
        del price, shares, cost, maker, buys
        return NONE
