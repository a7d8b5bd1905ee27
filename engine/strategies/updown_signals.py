"""What the Up/Down strategies say of a window: who is asked on what, signals into intents, prices to post at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from engine.core.commands import Tif
from engine.core.ids import StrategyId
from engine.core.units import SECOND, Leg, Nanos, Side, Ticks
from engine.core.windows import LENGTHS_S
from engine.strategies import (
    certainty_capture,
    convexity_fade,
    cross_timeframe,
    latency_arb,
    lp_extreme,
    strike_misalign,
)
from engine.strategies.house import House
from engine.strategies.said import Want
from engine.strategies.sight import UP, Gate, Signal
from engine.strategies.updown_lines import ALL, EDGE, S1, S2, S3, S4, S5, S6, SILENCES, TOO_SMALL, WINDOWS
from engine.strategies.updown_quiet import MAY_SPEAK
from engine.strategies.updown_window import TOP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from engine.strategies.said import Why
    from engine.strategies.sight import Sight
    from engine.strategies.spec import Value
    from engine.strategies.updown_window import Seen

DECIDE: Final[dict[StrategyId, Callable[[Sight], Signal | Gate]]] = {
    S1: latency_arb.decide,
    S2: certainty_capture.decide,
    S3: convexity_fade.decide,
    S4: strike_misalign.decide,
    S5: lp_extreme.decide,
}
ON_TRADE: Final = (S1, S4, S5)
ON_QUOTE: Final = (S2, S3, S4, S5, S6)
TTL: Final = Nanos(10 * SECOND)
"""How long an order rests that may."""
Batch = list[tuple["StrategyId", Signal]]


Line = tuple["StrategyId", "Callable[[Sight], Signal | Gate] | None", float, "dict[Gate, Why]", "Why"]
"""One strategy that is on, as it was told: its name, who decides (None: the one that looks at other windows), its
least edge, why it is silent by gate, and when below that edge. Plain, since it is taken apart for every event."""


class Asked:
    """The lines that are on, and told to trade a length of window, of those that a trade asks, or a book."""

    __slots__ = ("_quiet", "book", "known", "lines", "others")

    def __init__(self, lines: tuple[Line, ...] = (), *, book: bool = False) -> None:
        self.lines = lines
        self.book = book
        self.others = tuple(line for line in lines if line[1] is None)
        """Those of which `updown_quiet` knows nothing."""
        self._quiet = tuple(line for line in lines if line[1] is not None)
        self.known: dict[int, tuple[Why, ...]] = {}
        """Why all but `others` are silent, by the number of their gates."""

    def silent(self, number: int, sight: Sight) -> tuple[Why, ...] | None:
        """Return, and know from now on, why all but `others` are silent at a number; None where one may speak."""
        if number == MAY_SPEAK:
            return None
        found = [(decide(sight), silences) for _, decide, _, silences, _ in self._quiet if decide is not None]
        whys = tuple(silences[one] for one, silences in found if isinstance(one, Gate))
        if len(whys) < len(found):
            return None
        self.known[number] = whys
        return whys


def lines_of(
    names: Iterable[StrategyId], told: Mapping[StrategyId, Mapping[str, Value]], *, book: bool
) -> dict[str, Asked]:
    """Return what an event needs of lines, in their order, by the length of windows they are told to trade."""
    lines = [(told[name][WINDOWS], _line(name, told[name])) for name in names]
    return {
        length: Asked(tuple(line for which, line in lines if which in {ALL, length}), book=book) for length in LENGTHS_S
    }


def _line(name: StrategyId, told: Mapping[str, Value]) -> Line:
    return name, DECIDE.get(name), float(told[EDGE]), SILENCES[name], TOO_SMALL[name]


def across(seen: Seen, windows: Sequence[Seen], now: Nanos, delay_s: float) -> Signal | Gate:
    """Return what S6 says of a window beside the others of its asset."""
    price = micro(seen)
    if price is None:
        return Gate.NO_QUOTE
    others = []
    for one in windows:
        if one is seen or one.spot is not seen.spot or not one.look(now, delay_s):
            continue
        there = micro(one)
        if there is not None:
            others.append(cross_timeframe.Elsewhere(there, one.sight.strike, one.sight.tau_s))
    return cross_timeframe.decide(seen.sight, price, others)


def price_of(seen: Seen, signal: Signal) -> Ticks | None:
    """Return the price of a signal's order: the offer, or where a passive one rests; None where none would."""
    if not signal.passive:
        return Ticks(round(signal.price * TOP))
    step = seen.step
    found = lp_extreme.post_at(signal.fair, seen.own_bid(signal.side), signal.price, step / TOP)
    return None if found is None else Ticks(math.floor(found * TOP / step + 1e-6) * step)


def picked(batch: Batch) -> Batch:
    """Return the signals of one moment that agree, the weightiest first."""
    return batch if len(batch) < 2 else House().pick(batch)


def want_of(name: StrategyId, seen: Seen, signal: Signal, price: Ticks) -> Want:
    """Return the intent of a signal."""
    leg = Leg.YES if signal.side is UP else Leg.NO
    kill = name == S1
    return Want(
        name, seen.instrument, Side.BUY, leg, price, part=signal.size, tif=Tif.FOK if kill else Tif.GTC,
        post_only=signal.passive, ttl=None if kill else TTL,
        key="" if kill else f"{seen.window.asset}-{seen.window.interval}-{seen.window.start // SECOND}-{leg.value}",
        fair=signal.fair, edge=signal.edge,
    )  # fmt: skip


def micro(seen: Seen) -> float | None:
    """Return Up's price between the best two, nearer to the side with less behind it; None while one is missing."""
    if seen.bid is None or seen.ask is None or seen.market is None:
        return None
    bids, asks = seen.market.book.lots(Side.BUY, seen.bid), seen.market.book.lots(Side.SELL, seen.ask)
    if bids + asks <= 0:
        return None
    return (seen.bid * asks + seen.ask * bids) / (bids + asks) / TOP


def gate_of(found: Signal | Gate) -> str:
    """Return what a line says, in a word or two."""
    return found.value if isinstance(found, Gate) else f"{found.side.value} {100 * found.edge:+.1f}c"
