"""Visual Crossing: what is asked of it, what it costs, and what its plain-text refusals mean.

The key travels in the address; no message of ours holds one. Queries are charged by the record and a key has a
daily allowance, which ends at midnight UTC.

Source: Timeline API; error texts as seen by its clients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from engine.core.errors import NoAnswer
from engine.core.ids import StationId
from engine.core.units import DAY, SECOND, Nanos
from engine.sources import visual_crossing
from engine.sources.http import Client, Manner, Reply, Told

BASE: Final = "https://weather.visualcrossing.com/VisualCrossingWebServices/rest/services/timeline"
NAME: Final = "Visual Crossing"
MANNER: Final = Manner(every_s=2.0, tries=3, first_wait_s=2.0, timeout_s=60.0)
BUSY_S: Final = 2.0
ELEMENTS: Final = "datetimeEpoch,temp,dew,humidity,windspeed,stations"


@dataclass(frozen=True, slots=True)
class VisualCrossing:
    """The service's documents. Methods raise `NoAnswer`, and `BadReport` for what is no timeline."""

    client: Client
    key: str = field(repr=False)
    aggregate_minutes: int = visual_crossing.STEP_MINUTES
    """Minutes between two rows; the service's own name for it is ``minuteinterval_5``."""

    async def trace(self, station: StationId, first: date, last: date) -> Told[visual_crossing.Trace]:
        """Return a station's rows of the civil days from `first` to `last`, from that station alone.

        A station without a five-minute feed is refused before anything is sent or charged.
        """
        if why := visual_crossing.refused(station):
            raise NoAnswer(NAME, why, lasting=True)
        params = [
            ("unitGroup", "us"),
            ("include", "minutes"),
            ("options", f"useobs,minuteinterval_{self.aggregate_minutes},nonulls"),
            ("elements", ELEMENTS),
            ("timezone", "Z"),
            ("maxStations", "1"),
            ("maxDistance", "0"),
            ("contentType", "json"),
            ("key", self.key),
        ]
        answer = await self.client.get(f"stn:{station}/{first}/{last}", params)
        return Told.of(answer, visual_crossing.trace(answer.body, station))

    async def days(self, lat: float, lon: float, first: date, last: date) -> Told[tuple[visual_crossing.CivilDay, ...]]:
        """Return days of a place, mixed from the stations around it; for forecasts, and never for settlement."""
        params = [("unitGroup", "us"), ("include", "days"), ("contentType", "json"), ("key", self.key)]
        answer = await self.client.get(f"{lat:.4f},{lon:.4f}/{first}/{last}", params)
        return Told.of(answer, visual_crossing.days(answer.body))


def judge(now: Callable[[], Nanos]) -> Callable[[str, Reply], NoAnswer | None]:
    """Return what tells the service's plain-text refusals apart."""

    def read(name: str, reply: Reply) -> NoAnswer | None:
        text = reply.body[:500].decode("latin-1").lower()
        if "daily cost" in text:
            until = (DAY - now() % DAY) / SECOND
            return NoAnswer(name, f"{name}: today's allowance is used up", status=reply.status, again_s=until)
        if "concurrency" in text:
            return NoAnswer(name, f"{name}: busy with another question", status=reply.status, again_s=BUSY_S)
        if reply.status in {401, 403} or "api key" in text or "no account" in text:
            return NoAnswer(name, f"{name} does not take the key", status=reply.status, lasting=True)
        if "endpoint" in text or "bad api request" in text:
            return NoAnswer(name, f"{name} does not understand the question", status=reply.status, lasting=True)
        return None

    return read
