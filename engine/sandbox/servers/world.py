"""One simulated market day behind all servers: floor, crowd, bitcoin, clock and fault desk.

Handlers ask `now` before they touch the floor, so that everything due by then has happened; between requests `run`
keeps the day going. All of it lives on one event loop.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Final

from engine.core.units import SECOND
from engine.sandbox.coin import Coin
from engine.sandbox.crowding import Crowding
from engine.sandbox.day import skies
from engine.sandbox.floor import Floor
from engine.sandbox.outlook import Outlook
from engine.sandbox.servers.faults import FaultDesk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.snapshot import StationRow
    from engine.core.units import Nanos
    from engine.host.clock import Clock

RATE: Final = 8.0
"""Things the crowd does in a real second."""
COIN_RATE: Final = 6.0
"""Bitcoin trades in a real second."""
LONGEST_S: Final = 0.5
SHORTEST_S: Final = 0.005
"""Between two turns: what falls due within it happens together."""


class World:
    """The simulated venues' common ground."""

    def __init__(
        self, seed: int, stations: Sequence[StationRow], clock: Clock, wall: Callable[[], Nanos],
        *, speed: float = 1.0, rate: float = RATE, coin_rate: float = COIN_RATE,
    ) -> None:  # fmt: skip
        """Open the day.

        Parameters
        ----------
        clock : Clock
            The day's; its time now is when the day begins.
        wall : callable
            UTC by the machine, nanoseconds: what clients sign their requests with.
        speed : float, > 0
            How fast the clock runs, so that rates can be real ones.
        rate, coin_rate : float, > 0, per real second
            What the crowd does, and bitcoin trades.
        """
        start = clock.now()
        weather = skies(seed, stations)
        self.seed = seed
        self.skies = weather
        self.outlook = Outlook(seed, weather)
        self.clock = clock
        self.wall = wall
        self.speed = speed
        self.start = start
        self.rng = random.Random(seed)
        self.floor = Floor(start, random.Random(f"{seed} floor"))
        self.coin = Coin(seed, start)
        self.crowding = Crowding(
            seed, start, self.floor, weather, self.outlook, self.coin,
            rate=rate / speed, coin_rate=coin_rate / speed,
        )  # fmt: skip
        self.desk = FaultDesk(random.Random(f"{seed} faults"), lambda: wall() / SECOND)
        self.after: list[Callable[[], None]] = []
        """Called after the crowd has acted, when nothing is half done."""
        self.crowding.run(start)

    def now(self) -> Nanos:
        """Return the day's time, once everything due by then has happened."""
        at = self.clock.now()
        self.crowding.run(at)
        for then in self.after:
            then()
        return self.floor.at

    async def run(self) -> None:
        """Keep the day going until cancelled."""
        while True:
            self.now()
            wait = self.clock.wait(self.crowding.due())
            await asyncio.sleep(min(max(wait, SHORTEST_S), LONGEST_S))
