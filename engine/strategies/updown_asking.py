"""The asking of the Up/Down lines of a window that runs, and what they say: signals as intents, or why they are silent.

All silent ones are found at once (`updown_quiet`), and none is asked anew while nothing it looks at can come out
otherwise (`updown_calm`). Signals of one moment that disagree are settled by weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.ids import POLYMARKET
from engine.core.units import SECOND, Nanos
from engine.strategies.said import NOTHING_SAID, Note
from engine.strategies.sight import Gate, Signal
from engine.strategies.updown_calm import around
from engine.strategies.updown_following import Following
from engine.strategies.updown_lines import DELAY, S1, SILENCES, SPECS
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.ids import StrategyId
    from engine.strategies.base import Watch
    from engine.strategies.context import Context
    from engine.strategies.said import Said, Want
    from engine.strategies.spec import Value
    from engine.strategies.updown_calm import Calm
    from engine.strategies.updown_signals import Asked, Batch, Line
    from engine.strategies.updown_window import Seen

NOTE_EVERY_S: Final = 10.0


class Asking(Following):
    """The part of the engine that knows its lines, and asks them of a window."""

    def __init__(self) -> None:
        super().__init__()
        self._on: frozenset[StrategyId] = frozenset()
        self._sends: frozenset[StrategyId] = frozenset()
        self._on_trade = lines_of((), {}, book=False)
        self._on_quote = lines_of((), {}, book=True)
        """Lines that are on, as they were told, by what asks them and the length of window."""
        self._focus: Seen | None = None
        self._noted: tuple[str, ...] = ()
        self._noted_at = Nanos(0)

    @override
    def watch(self, context: Context) -> Watch:
        """Take in which lines are on and which of them send, and follow the windows."""
        self._on = frozenset(spec.name for spec in SPECS if context.on(spec.name))
        self._sends = frozenset(name for name in self._on if context.sends(name))
        self._plan()
        return super().watch(context)

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
