"""The Up/Down engine: one object behind six strategies, which look at the same spot price and the same windows.

Trades of the spot exchange feed volatility, average price and regime at all times; strategies are asked only within
a window. A trade asks S1, S4 and S5; a book asks S2 to S6. S4 speaks in the opening alone. The house's side, limits,
pauses and fees come with the size. It stands on two parts of its own: `updown_following` knows the windows,
`updown_asking` asks the lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.ids import POLYMARKET, InstrumentId
from engine.core.units import SECOND, Leg, Nanos, Qty
from engine.risk import two_tier
from engine.strategies.base import Restored, Shown
from engine.strategies.said import NOTHING_SAID, Want, Why
from engine.strategies.sight import DOWN, UP, Signal
from engine.strategies.updown_ahead import foresee
from engine.strategies.updown_asking import Asking
from engine.strategies.updown_basis import KEPT, read
from engine.strategies.updown_halts import NAME as HALT
from engine.strategies.updown_halts import Halts
from engine.strategies.updown_lines import PROFILE, S1, S4, S5, S6, SHARES, SPECS, say
from engine.strategies.updown_sizing import LIMITS, Account, account, all_of, own_standing, shares_of, standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.events import Trade
    from engine.core.ids import StrategyId
    from engine.strategies.context import Context, Market
    from engine.strategies.said import Said
    from engine.strategies.updown_ahead import Ahead

NO_STRIKE, BETWEEN, ASLEEP, NO_BANKROLL = (
    {spec.name: Why(spec.name, code, text) for spec in SPECS}
    for code, text in (
        ("strike", "the window's first price has not come"),
        ("between", "no window runs"),
        ("spot", "no spot price has come yet"),
        ("no_bankroll", "the venue has not said what our account holds, or it holds nothing"),
    )
)
LIMITS_OF: Final[Mapping[str, Mapping[str, two_tier.StrategyLimits]]] = {
    name: {**known, S6: known.get(S6, known[S4])} for name, known in two_tier.PROFILES.items()
}
"""By profile; the designs give S6 no limits of its own."""


class UpDown(Asking):
    """S1 to S6 over all windows that venues list."""

    def __init__(self) -> None:
        super().__init__()
        self._halts = Halts()
        self._last: dict[StrategyId, Nanos] = {}
        """When each last sent an order."""
        self._shadow_last: dict[StrategyId, Nanos] = {}
        """When each would have."""

    # When it is asked

    @override
    def on_trade(self, context: Context, market: Market, trade: Trade) -> Sequence[Said]:
        """Take a spot price in; within a window ask what acts on it."""
        spot = self.spots.get(market.instrument.id)
        if spot is None or not spot.take(trade):
            return NOTHING_SAID
        now = context.now
        said: Sequence[Said] = NOTHING_SAID
        for seen in self.order:
            if seen.spot is not spot:
                continue
            if seen.seen == 0.0:
                seen.traded()
            if now >= seen.start and now < seen.end:  # not chained: that costs twice as much
                asked = self._on_trade[seen.interval]
                if asked.lines:
                    some = self._ask(seen, now, asked)
                    said = [*said, *some] if said else some
                if now >= seen.trace_due:
                    seen.trace(now, self._delay_s)
        return said

    @override
    def on_quote(self, context: Context, market: Market) -> Sequence[Said]:
        """Take a window's book in; while it runs ask what acts on it."""
        seen = self.windows.get(market.instrument.id)
        now = context.now
        if seen is None:
            return NOTHING_SAID
        if now < seen.start or now >= seen.end:
            if seen.lives(now):
                seen.quoted(market)
            return NOTHING_SAID
        seen.quoted(market)
        asked = self._on_quote[seen.interval]
        said = self._ask(seen, now, asked) if asked.lines else NOTHING_SAID
        if now >= seen.trace_due:
            seen.trace(now, self._delay_s)
        return said

    @override
    def on_due(self, context: Context) -> Sequence[Said]:
        """Let silence pass: what is old is forgotten, and each line says where it stands."""
        for spot in self.spots.values():
            spot.roll(context.now)
        kept: list[Said] = [
            one for spot in self.spots.values() for one in spot.basis.remember(S1, spot.instrument.symbol)
        ]
        kept += self._lost(context)
        self._focus = self.focus(context.now)
        if self._focus is None or self._focus.window.start > context.now:
            return [*kept, *(BETWEEN[name] for name in self._names())]
        if not self._focus.source:
            why = NO_STRIKE if self._focus.spot.price else ASLEEP
            return [*kept, *(why[name] for name in self._names())]
        return [*kept, *self._diagnosed(context)]

    def _lost(self, context: Context) -> list[Said]:
        """Halt where a day or a week has lost enough, whether anybody wants to trade or not; return what to keep."""
        names, bankroll = self._names(), context.bankroll(POLYMARKET)
        if not names or bankroll is None or bankroll <= 0.0:
            return []
        for sends, name in {context.sends(name): name for name in names}.items():
            self._halts.begin(sends, two_tier.loss(standing(context, name, bankroll)), context.now)
        return [*self._halts.remember(names[0])]

    # What holds it back

    @override
    def size(self, context: Context, want: Want) -> Want | Why:
        """Hold an intent against the house, both tiers of limits and the venue's least order, and give it shares."""
        seen, name = self.windows.get(want.instrument), want.strategy
        signal = None if seen is None else seen.signals.get(name)
        market = context.market(want.instrument)
        if seen is None or signal is None or market is None or want.price is None:
            return BETWEEN[name]
        sends = context.sends(name)
        house = (seen.house if sends else seen.shadow_house).side
        if house is not None and not signal.passive and house is not signal.side:
            return Why(name, "house", f"the house is {house.value} in this window")
        now = context.now
        one = context.laid(name, want.instrument) if sends else None
        if not isinstance(one, Account) or now >= one.until:
            found = self._account(context, name, market)
            if found is None:
                return NO_BANKROLL[name]
            one = found
        halted = self._halts.at(sends, now)
        if halted is not None:
            return Why(name, halted.value, LIMITS[halted])
        whole, own = (
            all_of(context, one, seen.spot.heard_at),
            own_standing(one.own, seen.sent(sends=sends).get(name, 0), now, self._pauses(sends).get(name)),
        )
        sized = two_tier.size(name, signal.size, whole, own, self._profile(name))
        if sized.gate is not two_tier.Gate.PASS or sized.money is None:
            self._halts.begin(sends, sized.gate, now)
            return Why(name, sized.gate.value, LIMITS.get(sized.gate, sized.gate.value.replace("_", " ")))
        most = int(self.values[name][SHARES])
        return shares_of(market, want, signal, sized.money, most, now, one.bankroll, one.least)

    @override
    def lay(self, context: Context, strategy: StrategyId, instrument: InstrumentId) -> object:
        """Return the account as sizes of a line will want it; None where none would be given."""
        market = context.market(instrument)
        return None if market is None else self._account(context, strategy, market)

    @override
    def foresee(self, context: Context, strategy: StrategyId, instrument: InstrumentId) -> Ahead | None:
        """Return the orders at and around a window's offers; None where a line would send none."""
        seen, market = self.windows.get(instrument), context.market(instrument)
        laid, last = context.laid(strategy, instrument), self._last.get(strategy)
        if seen is None or market is None or not isinstance(laid, Account):
            return None
        limits, most = self._profile(strategy)[strategy], int(self.values[strategy][SHARES])
        return foresee(context, strategy, seen, market, self._halts, laid, limits, most, last)

    def _account(self, context: Context, name: StrategyId, market: Market) -> Account | None:
        bankroll = context.bankroll(POLYMARKET)
        return None if bankroll is None or bankroll <= 0.0 else account(context, name, bankroll, market.instrument)

    def _pauses(self, sends: bool) -> dict[StrategyId, Nanos]:
        return self._last if sends else self._shadow_last

    def _profile(self, name: StrategyId) -> Mapping[str, two_tier.StrategyLimits]:
        return LIMITS_OF[str(self.values[name][PROFILE])]

    def forget_pauses(self) -> None:
        """Let no line wait after its last order any more."""
        self._last.clear()
        self._shadow_last.clear()

    # What comes of it

    @override
    def sent(self, context: Context, want: Want) -> None:
        """An order went out: it counts, pauses its strategy, and may set the side of the house."""
        seen, name = self.windows.get(want.instrument), want.strategy
        sends = context.sends(name)
        self._pauses(sends)[name] = context.now
        if seen is None:
            return
        counted = seen.sent(sends=sends)
        counted[name] = counted.get(name, 0) + 1
        signal, before = seen.signals.get(name), seen.house.side
        if signal is not None:
            (seen.house if sends else seen.shadow_house).sent(signal)
            if before is None and seen.house.side is not None:
                seen.house_at = context.now

    @override
    def ended(self, context: Context, strategy: StrategyId, instrument: InstrumentId, leg: Leg, filled: Qty) -> None:
        """An order came to nothing: the house is free again unless another active one of that side did not."""
        if not filled:
            self.came_to_nothing(context, strategy, instrument, leg)

    @override
    def came_to_nothing(self, context: Context, strategy: StrategyId, instrument: InstrumentId, leg: Leg) -> None:
        """So it is where the venue takes back what its order had filled."""
        seen = self.windows.get(instrument)
        if seen is None:
            self._undone(strategy, instrument, leg)
        if seen is None or strategy == S5:
            return
        seen.house.came_to_nothing(UP if leg is Leg.YES else DOWN)
        if seen.house.side is None:
            seen.house_at = None

    # What an earlier session left, and what is shown

    @override
    def recall(self, strategy: StrategyId, name: str, body: str, at: Nanos) -> str:
        """Take up a halt of an earlier session, or what it learnt of the oracle."""
        if name == HALT:
            self._halts.recall(body)
        elif name.startswith(KEPT):
            self._bases[name.removeprefix(KEPT)] = read(body)
        return ""

    @override
    def restored(self, want: Restored) -> None:
        """An order of an earlier session: it counts in its window, and its strategy pauses after it."""
        self._last[want.strategy] = max(want.at, self._last.get(want.strategy, want.at))
        self._earlier.setdefault(want.instrument, []).append(want)

    @override
    def shows(self, context: Context, strategy: StrategyId) -> Shown:
        """Return what a line sees of the window that is looked at."""
        halt = self._halts.at(context.sends(strategy), context.now)
        halted = "" if halt is None else LIMITS[halt]
        seen = self.focus(context.now)
        if seen is None or not seen.look(context.now, self._delay_s):
            return Shown(halted=halted)
        sight, found = seen.sight, self._found(seen, strategy, context.now)
        side = found.side if isinstance(found, Signal) else sight.better()
        limits = self._profile(strategy)[strategy]
        sends = context.sends(strategy)
        last = self._pauses(sends).get(strategy)
        wait = 0.0 if last is None else limits.cooldown_ms / 1_000 - (context.now - last) / SECOND
        offered = side is not None and sight.ask(side) > 0.0
        return Shown(
            side="" if side is None else side.value,
            fair=None if side is None else sight.fair(side),
            ask=sight.ask(side) if side is not None and offered else None,
            edge=sight.fair(side) - sight.ask(side) if side is not None and offered else None,
            z=sight.z,
            size=found.size if isinstance(found, Signal) else None,
            cooldown_s=wait if wait > 0.0 else None,
            orders=seen.sent(sends=sends).get(strategy, 0),
            orders_limit=limits.max_orders,
            text="" if isinstance(found, Signal) else say(strategy, found.value, sight),
            halted=halted,
        )
