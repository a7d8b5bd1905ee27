"""The windows that the Up/Down engine follows: those that run or begin soon, and the spot prices under them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.ids import BINANCE, POLYMARKET, InstrumentId
from engine.core.units import NOTHING, SECOND, Leg, Nanos
from engine.strategies.base import Restored, Slope, Strategy, Watch
from engine.strategies.updown_lines import DELAY, S1, SPECS
from engine.strategies.updown_spot import Spot
from engine.strategies.updown_window import Seen, decided_by_binance, window_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from engine.core.ids import StrategyId
    from engine.strategies.context import Context
    from engine.strategies.updown_basis import Pair

EVERY: Final = Nanos(10 * SECOND)
AHEAD: Final = EVERY
"""How much earlier than needed a window's books are asked for: what is watched is asked again at the cadence."""


class Following(Strategy):
    """The part of the engine that knows which windows there are."""

    specs = SPECS
    every = EVERY
    listens = True

    def __init__(self) -> None:
        super().__init__()
        self.spots: dict[InstrumentId, Spot] = {}
        self.windows: dict[InstrumentId, Seen] = {}
        """By instrument: those that run, are about to, or were just over."""
        self.order: tuple[Seen, ...] = ()
        """The same, the one that ends first first."""
        self._delay_s = float(self.values[S1][DELAY])
        self._earlier: dict[InstrumentId, list[Restored]] = {}
        """Orders of an earlier session in windows that may still run."""
        self._bases: dict[str, list[Pair]] = {}
        """What an earlier session learnt of the oracle, by the symbol of a spot price that was not listed yet."""

    @override
    def watch(self, context: Context) -> Watch:
        """Follow the windows that run or begin soon, and the spot prices under them."""
        now = context.now
        found: dict[InstrumentId, Seen] = {}
        for family in context.families():
            if family.id.startswith(POLYMARKET):
                for one in family.members:
                    seen = self.windows.get(one) or self._new(context, one)
                    if seen is not None and seen.begins - AHEAD <= now <= seen.ends:
                        found[one] = seen
                        market = context.market(one)
                        if market is not None:
                            seen.priced(market)
                            seen.quoted(market)  # what it was while nobody listened, or its book went stale
        self.windows = found
        self.order = tuple(sorted(found.values(), key=lambda one: (one.window.end, one.window.start, one.instrument)))
        return Watch(tuple(self.spots), tuple(found))

    def _new(self, context: Context, instrument: InstrumentId) -> Seen | None:
        market = context.market(instrument)
        family = None if market is None else market.instrument.family
        known = None if family is None else context.family(family)
        if market is None or known is None or market.status not in {"open", "unopened", "paused"}:
            return None
        window = window_of(known, market.instrument)
        if window is None or market.instrument.fact("yes") not in {"Up", ""}:
            return None
        spot = self._spot(context, window.asset)
        if spot is None:
            return None
        seen = Seen(window, instrument, spot, binance=decided_by_binance(market.instrument))
        seen.quoted(market)
        for order in self._earlier.pop(instrument, ()):
            seen.restored(order)
        return seen

    def _undone(self, strategy: StrategyId, instrument: InstrumentId, leg: Leg) -> None:
        """Know of an order of an earlier session that it came to nothing before its window was there again."""
        earlier = self._earlier.get(instrument, [])
        for n, one in enumerate(earlier):
            if (one.strategy, one.leg) == (strategy, leg) and (one.open or one.filled):
                earlier[n] = one._replace(open=False, filled=NOTHING)
                return

    def _spot(self, context: Context, asset: str) -> Spot | None:
        name = InstrumentId(BINANCE, f"{asset.upper()}USDT")
        spot = self.spots.get(name)
        if spot is None:
            market = context.market(name)
            if market is None:
                return None
            spot = self.spots[name] = Spot(market.instrument)
            spot.recall(self._bases.pop(name.symbol, []), context.now)
        return spot

    def focus(self, now: Nanos) -> Seen | None:
        """Return the window that is looked at: the first to end of those that run, or the next to begin."""
        running = next((one for one in self.order if one.window.start <= now < one.window.end), None)
        return running or next((one for one in self.order if one.window.start > now), None)

    @override
    def settled(self, context: Context, instrument: InstrumentId, pays: Decimal) -> None:
        """A window is over for good."""
        gone = self.windows.pop(instrument, None)
        if gone is not None:
            self.order = tuple(one for one in self.order if one is not gone)

    @override
    def slopes(self, context: Context) -> Mapping[InstrumentId, Slope]:
        """Return delta and gamma of an Up share of each window: none of one that is over, unknown before it begins."""
        return {seen.instrument: seen.slope(context.now, self._delay_s) for seen in self.order}
