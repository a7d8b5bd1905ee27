"""The recorder of a session's weather: every report that comes goes into the profile's archive, a few at a time.

The ledger keeps reports only while something open wants them; the archive keeps them all, five-minute rows too, with
the stations as they are known, so that what providers are worth can be reckoned later. Writing happens in a thread of
its own and delays nothing; a disk that takes no writes is tried again, and what it holds up waits within bounds.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from engine.core.errors import StoreError
from engine.core.ids import StationId
from engine.store.archive import Load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.core.events import Observed
    from engine.core.reading import Reading
    from engine.core.snapshot import StationRow
    from engine.core.units import Nanos
    from engine.store.archive import Archive

EVERY_S: Final = 30.0
ROOM: Final = 200_000
"""Reports that wait for a disk; the oldest go first beyond it."""


class WeatherKeeper:
    """Puts reports into an archive.

    Parameters
    ----------
    stations : iterable of StationRow
        What is known of stations; those that reported are kept with the reports.
    """

    def __init__(self, archive: Archive, stations: Iterable[StationRow], every_s: float = EVERY_S) -> None:
        self.archive = archive
        self.why = ""
        """Why the last attempt failed; empty while all goes well."""
        self._rows: Mapping[StationId, StationRow] = {StationId(row.id): row for row in stations}
        self._every_s = every_s
        self._waiting: deque[Observed] = deque(maxlen=ROOM)
        self._writing = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """Reports that are not in the archive yet."""
        return len(self._waiting)

    def hear(self, event: Observed) -> None:
        """Take a report in."""
        self._waiting.append(event)

    async def run(self) -> None:
        """Write what has come, again and again; return when cancelled."""
        while True:
            await asyncio.sleep(self._every_s)
            await self.flush()

    async def flush(self) -> None:
        """Write what has come; what cannot be written stays for the next time."""
        async with self._writing:
            batch = list(self._waiting)
            if not batch:
                return
            try:
                await asyncio.to_thread(self._keep, batch)
            except StoreError as e:
                self.why = str(e)
                return
            except Exception as e:  # noqa: BLE001 - a recorder that fails must not end, nor end anything else
                self.why = f"{type(e).__name__}: {e}"[:200]
                what = "recording the weather failed, and is tried again"
                asyncio.get_running_loop().call_exception_handler({"message": what, "exception": e})
                return
            self.why = ""
            for event in batch:
                if self._waiting and self._waiting[0] is event:
                    self._waiting.popleft()

    def _keep(self, batch: list[Observed]) -> None:
        by_time: dict[Nanos, list[Reading]] = {}
        for event in batch:
            by_time.setdefault(event.at, []).append(event.reading)
        for known_at, readings in by_time.items():
            heard = dict.fromkeys(reading.station for reading in readings)
            stations = [self._rows[station] for station in heard if station in self._rows]
            self.archive.keep(Load(readings=readings, stations=stations, known_at=known_at))
