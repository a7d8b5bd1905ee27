"""A simulated day with every strategy on paper: no error, bounded memory, books that balance, and a report.

The session is the demo's own, host, writer and paper gateways included, its clock run fast. `make full-strategies`
plays 24 hours and keeps the report; the suite plays a tenth.
"""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from app import boot, wiring
from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.ids import KALSHI, StrategyId
from engine.core.order import Status
from engine.core.units import HOUR
from engine.host.replay import replay
from engine.kernel.step import Kernel
from engine.store import database, journal
from engine.store.profile import Profile
from engine.strategies import maker_terms
from engine.views import topics
from tests.scale import scale

SPEED = 600.0
MINUTES = scale(24 * 60)
GROWTH_MB = 150.0
"""Of memory after the first hour: caches and tapes fill, nothing grows with time."""


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096 / 1e6


class Day:
    """A demo session at speed, with what went wrong in it."""

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.broken: list[BaseException] = []
        self.loop = loop
        loop.set_exception_handler(lambda _, what: self.broken.append(what.get("exception") or RuntimeError(str(what))))
        options = boot.Options(demo=True, speed=SPEED, keyring=False, wiring=wiring.simulated(0, SPEED))
        self.session = boot.open_session(
            Profile(folder), options, loop, changed=lambda _: None, broken=self.broken.append
        )
        self.memory: list[tuple[int, float]] = []

    @property
    def state(self) -> Any:
        return self.session.kernel.state

    def ask(self, command: Any) -> None:
        self.session.host.ask(command)

    async def run(self, minutes: int) -> None:
        """Switch everything on, name markets to make as they are listed, and let the time pass."""
        self.session.play(self.loop)
        start = self.session.clock.now()
        for seat in list(self.state.strategies.seats.values()):
            self.ask(SetStrategy(strategy=StrategyId(seat.name), to=StrategyState.PAPER))
        named: tuple[str, ...] = ()
        hour = -1
        while self.session.clock.now() - start < minutes * HOUR // 60 and not self.broken:
            await asyncio.sleep(0.25)
            made = self.worth_making()
            if made != named:
                named = made
                self.ask(SetParameter(strategy=maker_terms.NAME, name="markets", value=", ".join(named)))
            if (self.session.clock.now() - start) // HOUR > hour:
                hour = (self.session.clock.now() - start) // HOUR
                self.memory.append((hour, resident_mb()))
        await self.session.leave()

    def worth_making(self) -> tuple[str, ...]:
        """Return two open brackets of Kalshi with both sides, the dearest first."""
        found = [
            (listing.book.best_bid, one.symbol)
            for one, listing in self.state.listings.items()
            if one.venue == KALSHI and listing.status == "open" and listing.book.best_bid and listing.book.best_ask
            and 2_000 < listing.book.best_bid < 8_000
        ]  # fmt: skip
        return tuple(f"kalshi/{symbol}" for _, symbol in sorted(found, reverse=True)[:2])


def report(day: Day, took: float) -> str:
    """Return the session as its strategies saw it."""
    view = day.session.kernel.view(topics.STRATEGIES)
    lines = [
        f"{MINUTES} minutes of the simulated day in {took:.0f} s, {day.state.events} events",
        "memory, MB by hour: " + ", ".join(f"{hour}: {mb:.0f}" for hour, mb in day.memory),
        "strategy             intents orders  fills     net $   fees $  silent for (most first)",
    ]
    for row in view.rows:
        seat = day.state.strategies.seats[row.name]
        account = seat.real
        orders = sum(d.orders for d in account.days.values())
        fills = sum(d.fills for d in account.days.values())
        silent = ", ".join(f"{code} {n}" for code, n in sorted(seat.reasons.items(), key=lambda p: -p[1])[:5])
        net = account.realised() - account.fees()
        lines.append(
            f"{row.name:<20} {seat.intents:>7} {orders:>6} {fills:>6} {net:>9.2f} {account.fees():>8.2f}  {silent}"
            + (f"; halted: {seat.halted}" if seat.halted else "")
        )
    return "\n".join(lines)


def test_a_day_with_every_strategy_on_paper(tmp_path: Path) -> None:
    loop = asyncio.new_event_loop()
    try:
        day = Day(tmp_path, loop)
        began = time.monotonic()
        loop.run_until_complete(day.run(MINUTES))
        print(report(day, time.monotonic() - began))
        assert day.broken == []
        state = day.state
        assert state.session.halted_by == "", state.session.halted_why
        intents = {name: seat.intents for name, seat in state.strategies.seats.items()}
        assert sum(intents.values()) > 0, "nobody wanted anything"
        assert sum(one.place.strategy is not None for one in state.register) > 0
        assert [one.id for one in state.register if one.status is Status.LOST] == []
        later = [mb for hour, mb in day.memory if hour >= 1]
        assert not later or later[-1] - later[0] < GROWTH_MB
        with database.reader(day.session.ledger) as connection:
            cash = sum(Decimal(amount) for (amount,) in connection.execute("SELECT amount FROM cash"))
        assert cash == 0, "every payment has two sides"
        again = Kernel()
        found = replay((tuple(row) for row in journal.Recording(day.session.journal)), again)
        assert (found.differs_at, found.stopped) == (None, "")
        digests = {name: seat.digest.hexdigest() for name, seat in again.state.strategies.seats.items()}
        assert digests == {name: seat.digest.hexdigest() for name, seat in state.strategies.seats.items()}
    finally:
        loop.close()
