"""What an Up/Down strategy sees of one window, what it may answer, and why it may be silent.

One `Sight` lives as long as its window and is brought up to date in place; value and distance are reckoned once an
event, whichever strategies read them after, and not at all while nobody can say anything else (`updown_calm`): who
reads them by himself has them looked at first. Each strategy is one function ``decide(sight)`` that returns a `Signal`,
or the code of the first gate that held it back.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Final, NamedTuple

from engine.core.windows import OPENING_S
from engine.maths.binary import spread
from engine.maths.normal import ROOT_2
from engine.maths.rolling import Regime

erfc, log1p, sqrt, INF = math.erfc, math.log1p, math.sqrt, math.inf
"""Here because looking one up in its module costs as much as calling it."""
NONE: Final = -math.inf
"""Edge of a side that is not offered."""
KELLY_CAP: Final = 0.15
"""Of the bankroll, before a strategy's own cap."""
HALF: Final = 0.5


class Outcome(Enum):
    """How a window may end; a tie is Up."""

    __hash__ = object.__hash__

    UP = "UP"
    DOWN = "DOWN"

    @property
    def other(self) -> Outcome:
        """The opposite end."""
        return Outcome.DOWN if self is Outcome.UP else Outcome.UP


UP, DOWN = Outcome.UP, Outcome.DOWN
"""Looked up once, for the hot path."""


class Gate(Enum):
    """Why a strategy is silent: the first condition that failed, in the order each strategy tests them."""

    __hash__ = object.__hash__

    SIGMA = "sigma"
    TAU = "tau"
    REGIME = "regime"
    Z = "z"
    DISTANCE = "distance"
    WINDOW = "window"
    VWAP = "vwap"
    DP = "dp"
    NO_QUOTE = "no_quote"
    ASK = "ask"
    EDGE = "edge"
    SURFACE = "surface"
    """Other markets imply no curve."""
    DEVIATION = "deviation"


class Signal(NamedTuple):
    """What a strategy would buy."""

    side: Outcome
    fair: float
    price: float
    """Best ask of the side; for a passive signal the order rests below it."""
    edge: float
    confidence: float
    size: float
    """Part of the bankroll."""
    passive: bool = False

    @property
    def weight(self) -> float:
        """What it counts when signals disagree."""
        return self.edge * self.confidence


class Sight:
    """One window as seen now; quotes of 0 are none."""

    __slots__ = (
        "down_ask", "elapsed_s", "opening_s", "p_down", "p_up", "regime", "sigma", "spot", "strike", "tau_s", "up_ask",
        "v", "vwap", "z",
    )  # fmt: skip

    def __init__(self, strike: float) -> None:
        self.strike = strike
        self.spot = strike
        self.sigma = 0.0
        """Per root second, as cached by the last sample; 0 means not to trade."""
        self.tau_s = 0.0
        self.elapsed_s = 0.0
        """Since the window began."""
        self.opening_s = OPENING_S["5m"]
        """How long it counts as just opened."""
        self.up_ask = 0.0
        self.down_ask = 0.0
        self.regime = Regime.RANGE
        self.vwap: float | None = None
        self.v = 0.0
        """Volatility over the time left."""
        self.z = 0.0
        self.p_up = 1.0
        self.p_down = 0.0

    def look(self, spot: float, sigma: float, tau_s: float) -> None:
        """Reckon value and distance anew.

        Parameters
        ----------
        spot : float, > 0
            As the oracle will have it.
        sigma : float, a root second, >= 0
        tau_s : float, seconds, >= 0

        Raises
        ------
        ValueError
            As `binary.spread`.
        """
        strike = self.strike
        if strike > 0.0 and tau_s > 0.0:  # as `spread` does it, without the call; not chained: that costs twice as much
            off, v = (spot - strike) / strike, sigma * sqrt(tau_s)
            if off > -0.5 and off < 0.5 and v > 0.0 and v < INF:  # then all of them are what they have to be
                z = log1p(off) / v
                x = (z - 0.5 * v) / ROOT_2
                self.spot = spot  # one by one: several at once are a tuple first
                self.sigma = sigma
                self.tau_s = tau_s
                self.v = v
                self.z = z
                self.p_up = 0.5 * erfc(-x)
                self.p_down = 0.5 * erfc(x)
                return
        self._look_closely(spot, sigma, tau_s)

    def _look_closely(self, spot: float, sigma: float, tau_s: float) -> None:
        """Reckon with a price far away, without time or volatility, or with what is none of them."""
        v, distance = spread(spot, self.strike, sigma, tau_s)
        self.spot, self.sigma, self.tau_s, self.v = spot, sigma, tau_s, v
        if v > 0.0:
            z = self.z = distance / v
            x = (z - 0.5 * v) / ROOT_2
            self.p_up = 0.5 * erfc(-x)
            self.p_down = 0.5 * erfc(x)
        else:
            self.z = math.copysign(math.inf, distance) if distance else 0.0
            self.p_up, self.p_down = (1.0, 0.0) if distance >= 0.0 else (0.0, 1.0)

    def fair(self, side: Outcome) -> float:
        """Return what a share of a side is worth."""
        return self.p_up if side is UP else self.p_down

    def ask(self, side: Outcome) -> float:
        """Return what a share of a side is offered at; 0 for no offer."""
        return self.up_ask if side is UP else self.down_ask

    def better(self) -> Outcome | None:
        """Return the side whose offer is further below its value, Up if equal; None without an offer."""
        up, down = self.up_ask, self.down_ask
        if not 0.0 < down < 1.0:
            return UP if 0.0 < up < 1.0 else None
        if not 0.0 < up < 1.0:
            return DOWN
        return UP if self.p_up - up >= self.p_down - down else DOWN


def quoted(ask: float) -> bool:
    """Whether there is an offer that can be taken."""
    return 0.0 < ask < 1.0


def half_kelly(fair: float, ask: float, cap: float) -> float:
    """Return half of Kelly's stake, at most `cap` of the bankroll and at least 0; scalars only, for the hot path.

    `engine.maths.kelly.stake` is the same with its checks.
    """
    size = HALF * (fair - ask) / (1.0 - ask)
    most = cap if cap < KELLY_CAP else KELLY_CAP
    return most if size > most else size if size > 0.0 else 0.0


def clip(x: float, low: float, high: float) -> float:
    """Return x, not below `low` nor above `high`."""
    return low if x < low else high if x > high else x
