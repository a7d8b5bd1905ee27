"""The final climate report of a station's day: from the Mesonet's archive of texts, or from the Weather Service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.core.units import DAY
from engine.sources import cli

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.core.ids import StationId
    from engine.core.reading import Reading
    from engine.core.units import Nanos
    from engine.sources.cli import ClimateReport
    from engine.sources.iem_client import Iem
    from engine.sources.nws_client import Nws

    Found = list[tuple[Reading, Nanos]]
    """Readings, and when each was known."""

AT_ONCE: Final = 3
"""Products of a list that are read; a day has one, and its corrections."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A day whose report is looked for."""

    station: StationId
    name: str
    """Of the station: a product may hold several."""
    pil: str
    """Name of the product, such as ``CLIMDW``."""
    day: date
    closes: Nanos

    def read(self, reports: Sequence[ClimateReport], known_at: Nanos) -> Found:
        """Return what reports say of the day, finally."""
        own = (one for one in cli.for_station(reports, self.station, self.name) if one.day == self.day)
        made = (cli.reading(one, self.station, self.closes) for one in own)
        return [(reading, known_at) for reading in made if reading is not None]


async def from_iem(iem: Iem, wanted: Wanted) -> Found:
    """Ask the Mesonet.

    Raises
    ------
    NoAnswer, BadReport
        As the client's.
    """
    told = await iem.climate_texts(wanted.pil, wanted.day, wanted.day + timedelta(days=3))
    return wanted.read(told.value, told.known_at)


async def from_nws(nws: Nws, wanted: Wanted) -> Found:
    """Ask the Weather Service for the newest products of the day after, oldest first.

    Raises
    ------
    NoAnswer, BadReport
        As the client's.
    """
    listed = await nws.products("CLI", wanted.pil[3:])
    after = [one for one in listed.value if wanted.closes <= one.issued_at < wanted.closes + DAY][:AT_ONCE]
    found: Found = []
    for one in reversed(after):
        told = await nws.product(one.id)
        text = told.value.text
        found += wanted.read(cli.parse(text) if cli.looks_like(text) else (), told.known_at)
    return found
