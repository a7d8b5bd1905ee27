"""The Up/Down engine: one object behind six strategies, which look at the same spot price and the same windows.

Trades of the spot exchange feed volatility, average price and regime at all times; strategies are asked only within
a window. A trade asks S1, S4 and S5; a book asks S2 to S6. S4 speaks in the opening alone. Signals of one
moment that disagree are settled by weight; the house's side, limits, pauses and fees come with the size.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.ids import BINANCE, POLYMARKET, InstrumentId
from engine.core.units import SECOND, Leg, Nanos, Qty
from engine.risk import two_tier
from engine.strategies.base import Restored, Shown, Slope, Strategy, Watch
from engine.strategies.said import NOTHING_SAID, Note, Want, Why
from engine.strategies.sight import DOWN, UP, Gate, Signal
from engine.strategies.spec import Value
from engine.strategies.updown_basis import KEPT, Pair, read
from engine.strategies.updown_calm import around
from engine.strategies.updown_halts import NAME as HALT
from engine.strategies.updown_halts import Halts
from engine.strategies.updown_lines import (
    DELAY,
    PROFILE,
    S1,
    S4,
    S5,
    S6,
    SHARES,
    SILENCES,
    SPECS,
    say,
)
from engine.strategies.updown_quiet import gates
from engine.strategies.updown_signals import (
    DECIDE,
    ON_QUOTE,
    ON_TRADE,
    across,
    gate_of,
    lines_of,
    picked,
    price_of,
    want_of,
)
from engine.strategies.updown_sizing import LIMITS, Account, account, all_of, own_standing, shares_of, standing
from engine.strategies.updown_spot import Spot
from engine.strategies.updown_window import Seen, decided_by_binance, window_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.core.events import Trade
    from engine.core.ids import StrategyId
    from engine.strategies.context import Context, Market
    from engine.strategies.said import Said
    from engine.strategies.updown_calm import Calm
    from engine.strategies.updown_signals import Asked, Batch, Line

EVERY: Final = Nanos(10 * SECOND)
AHEAD: Final = EVERY
"""How much earlier than needed a window's books are asked for: what is watched is asked again at the cadence."""
NOTE_EVERY_S: Final = 10.0
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


class UpDown(Strategy):
    """S1 to S6 over all windows that venues list."""

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
        self._on: frozenset[StrategyId] = frozenset()
        self._sends: frozenset[StrategyId] = frozenset()
        self._on_trade = lines_of((), {}, book=False)
        self._on_quote = lines_of((), {}, book=True)
        """Lines that are on, as they were told, by what asks them and the length of window."""
        self._delay_s = float(self.values[S1][DELAY])
        self._halts = Halts()
        self._last: dict[StrategyId, Nanos] = {}
        """When each last sent an order."""
        self._shadow_last: dict[StrategyId, Nanos] = {}
        """When each would have."""
        self._earlier: dict[InstrumentId, list[Restored]] = {}
        """Orders of an earlier session in windows that may still run."""
        self._bases: dict[str, list[Pair]] = {}
        """What an earlier session learnt of the oracle, by the symbol of a spot price that was not listed yet."""
        self._focus: Seen | None = None
        self._noted: tuple[str, ...] = ()
        self._noted_at = Nanos(0)

    # What is watched

    @override
    def watch(self, context: Context) -> Watch:
        """Follow the windows that run or begin soon, and the spot prices under them."""
        now = context.now
        self._on = frozenset(spec.name for spec in SPECS if context.on(spec.name))
        self._sends = frozenset(name for name in self._on if context.sends(name))
        self._plan()
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

    @override
    def tell(self, strategy: StrategyId, name: str, value: Value) -> None:
        """Take a parameter of one of its lines; it was checked."""
        super().tell(strategy, name, value)
        self._plan()

    def _plan(self) -> None:
        """Gather what an event needs of the lines that are on: looked up once, not for every event."""
        delay_s = float(self.values[S1][DELAY])
        if delay_s != self._delay_s:
            self._delay_s = delay_s
            for seen in self.windows.values():
                seen.stir()
        self._on_trade = lines_of([name for name in ON_TRADE if name in self._on], self.values, book=False)
        self._on_quote = lines_of([name for name in ON_QUOTE if name in self._on], self.values, book=True)

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

    @override
    def recall(self, strategy: StrategyId, name: str, body: str, at: Nanos) -> str:
        """Take up a halt of an earlier session, or what it learnt of the oracle."""
        if name == HALT:
            self._halts.recall(body)
        elif name.startswith(KEPT):
            self._bases[name.removeprefix(KEPT)] = read(body)
        return ""

    def _names(self) -> list[StrategyId]:
        return [spec.name for spec in SPECS if spec.name in self._on]

    def _diagnosed(self, context: Context) -> Sequence[Said]:
        """Return why each line is silent now, and where that changed a line for the log every ten seconds at most."""
        seen, now = self._focus, context.now
        if seen is None or not self._on or not seen.look(now, self._delay_s):
            return NOTHING_SAID
        found = [(spec, self._found(seen, spec.name, now)) for spec in SPECS if spec.name in self._on]
        said: list[Said] = [SILENCES[spec.name][one] for spec, one in found if isinstance(one, Gate)]
        gates = tuple(f"{spec.title[:2]} {gate_of(one)}" for spec, one in found)
        waited = (now - self._noted_at) / SECOND / context.pace(POLYMARKET)
        if gates != self._noted and waited >= NOTE_EVERY_S:
            self._noted, self._noted_at = gates, now
            z = f"z {seen.sight.z:+.2f}, p(Up) {100 * seen.sight.p_up:.1f} %"
            said.append(Note(found[0][0].name, f"{seen.window.slug}: {', '.join(gates)}; {z}"))
        return said

    def forget_pauses(self) -> None:
        """Let no line wait after its last order any more."""
        self._last.clear()
        self._shadow_last.clear()

    def focus(self, now: Nanos) -> Seen | None:
        """Return the window that is looked at: the first to end of those that run, or the next to begin."""
        running = next((one for one in self.order if one.window.start <= now < one.window.end), None)
        return running or next((one for one in self.order if one.window.start > now), None)

    # What it says

    def _ask(self, seen: Seen, now: Nanos, asked: Asked) -> Sequence[Said]:
        """Ask lines of a window that runs."""
        spot, calm = seen.spot, seen.calm
        if calm is not None:
            price = spot.price if seen.binance else spot.price + spot.beta
            sigma = spot.volatility.sigma
            if (
                price > calm.low
                and price < calm.high
                and now < calm.until
                and sigma > calm.calmest
                and sigma < calm.wildest
                and spot.regime.regime is calm.regime
                and (not calm.above or calm.holds(spot.vwap.value))
            ):
                if asked is calm.trade or asked is calm.book:
                    calm.used = True
                    seen.sight.spot = price
                    focus = self._focus
                    if focus is None or now >= focus.end:
                        focus = self._focus = self.focus(now)
                    return NOTHING_SAID if seen is not focus else calm.book_said if asked.book else calm.trade_said
            else:
                seen.stir()
                calm = None
        return self._reckon(seen, now, asked, calm)

    def _reckon(self, seen: Seen, now: Nanos, asked: Asked, calm: Calm | None) -> Sequence[Said]:
        """Reckon value and distance anew, and ask lines all at once, or else one by one."""
        if not seen.reckon(now, self._delay_s):
            return NOTHING_SAID
        focus, sight = self._focus, seen.sight
        if focus is None or now >= focus.end:
            focus = self._focus = self.focus(now)
        number = gates(sight, asked.book)
        silent = asked.known.get(number) or asked.silent(number, sight)
        if silent is None:
            return self._hear(seen, now, asked.lines, [])
        said = silent if seen is focus else NOTHING_SAID
        if asked.others:
            return self._hear(seen, now, asked.others, [*said])
        if calm is None:
            if seen.wait > 0:
                seen.wait -= 1
            else:
                calm = seen.calm = around(sight, now)
        if calm is not None:
            calm.know(asked, silent)
        return said

    def _hear(self, seen: Seen, now: Nanos, lines: tuple[Line, ...], said: list[Said]) -> list[Said]:
        """Ask lines one by one."""
        focus, sight = seen is self._focus, seen.sight
        batch: Batch = []
        for name, decide, least, silences, small in lines:
            found = across(seen, self.order, now, self._delay_s) if decide is None else decide(sight)
            if isinstance(found, Gate):
                if focus:
                    said.append(silences[found])
            elif found.edge >= least:
                batch.append((name, found))
            elif focus:
                said.append(small)
        if batch:
            said.extend(self._wants(seen, batch))
        return said

    def _found(self, seen: Seen, name: StrategyId, now: Nanos) -> Signal | Gate:
        decide = DECIDE.get(name)
        return across(seen, self.order, now, self._delay_s) if decide is None else decide(seen.sight)

    def _wants(self, seen: Seen, batch: Batch) -> list[Want]:
        """Return the signals of one moment as intents, the weightiest first; of active ones that disagree one side.

        What is in the shadow has no say in what is sent.
        """
        if len(batch) > 1:
            sending = [one for one in batch if one[0] in self._sends]
            shadow = [one for one in batch if one[0] not in self._sends]
            batch = [*picked(sending), *picked(shadow)]
        wants = []
        for name, signal in batch:
            price = price_of(seen, signal)
            if price is not None:
                seen.signals[name] = signal
                wants.append(want_of(name, seen, signal, price))
        return wants

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

    def _account(self, context: Context, name: StrategyId, market: Market) -> Account | None:
        bankroll = context.bankroll(POLYMARKET)
        return None if bankroll is None or bankroll <= 0.0 else account(context, name, bankroll, market.instrument)

    def _pauses(self, sends: bool) -> dict[StrategyId, Nanos]:
        return self._last if sends else self._shadow_last

    def _profile(self, name: StrategyId) -> Mapping[str, two_tier.StrategyLimits]:
        return LIMITS_OF[str(self.values[name][PROFILE])]

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
    def restored(self, want: Restored) -> None:
        """An order of an earlier session: it counts in its window, and its strategy pauses after it."""
        self._last[want.strategy] = max(want.at, self._last.get(want.strategy, want.at))
        self._earlier.setdefault(want.instrument, []).append(want)

    @override
    def ended(self, context: Context, strategy: StrategyId, instrument: InstrumentId, leg: Leg, filled: Qty) -> None:
        """An order came to nothing: the house is free again unless another active one of that side did not."""
        if not filled:
            self.came_to_nothing(context, strategy, instrument, leg)

    @override
    def came_to_nothing(self, context: Context, strategy: StrategyId, instrument: InstrumentId, leg: Leg) -> None:
        """So it is where the venue takes back what its order had filled."""
        seen = self.windows.get(instrument)
        if seen is None or strategy == S5:
            return
        seen.house.came_to_nothing(UP if leg is Leg.YES else DOWN)
        if seen.house.side is None:
            seen.house_at = None

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
