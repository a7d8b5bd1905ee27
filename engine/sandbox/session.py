"""A whole demo session as fast as it goes: the simulated venues under `engine.host.backtest`.

The same seed gives the same session.
"""

from __future__ import annotations

import heapq
import random
from typing import TYPE_CHECKING, Final

from engine.core.events import GridForecast, Observed, StationForecast
from engine.core.ids import KALSHI, POLYMARKET
from engine.core.snapshot import Snapshot
from engine.core.units import SECOND, Nanos
from engine.host.backtest import Backtest
from engine.orders.simulate import Simulator
from engine.sandbox import day, venues
from engine.venues import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.core.snapshot import StationRow

WEATHER: Final = (GridForecast, Observed, StationForecast)
"""What the sky tells; nobody else trades on our own exchange here."""


class PureSession(Backtest):
    """One session on the simulated venues.

    Parameters
    ----------
    start : Nanos
    stations : sequence of StationRow
        Chicago Midway among them.
    rate, coin_rate : float, > 0, per second of the session
        What the crowd does, and bitcoin trades.
    heard : callable, optional
        Told each event with what the kernel answered, as a journal would be.
    """

    def __init__(
        self,
        seed: int,
        start: Nanos,
        stations: Sequence[StationRow],
        *,
        rate: float = 0.5,
        coin_rate: float = 1.0,
        heard: Callable[[Event, Sequence[AnyEffect]], None] | None = None,
    ) -> None:
        chance = random.Random(seed)
        world = day.build(seed, stations, start=start)
        weather = (event for event in world.events() if isinstance(event, WEATHER))
        told = venues.events(seed, start, stations, rate=rate, coin_rate=coin_rate)
        opened = Snapshot(
            profile="sandbox", mode="demo", account_name="sandbox", salt="a1b2c3d4e5f6", venues=registry.ROWS,
            stations=tuple(stations), place=world.place, utc_offset_hours=world.utc_offset_hours, beat=Nanos(SECOND),
        )  # fmt: skip
        super().__init__(
            opened, start, heapq.merge(weather, told, key=lambda event: event.at),
            {venue: Simulator(venue, chance.random) for venue in (KALSHI, POLYMARKET)}, heard=heard,
        )  # fmt: skip
