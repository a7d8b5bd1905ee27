"""Ask which alerts are in force and where they lie, zone by zone: an outline is fetched once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.core.errors import BadReport, NoAnswer
from engine.weather.alerts import Alerts
from engine.weather.areas import Cells

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.units import Nanos
    from engine.sources.nws_client import Nws

OUTLINES_AT_ONCE: Final = 30


@dataclass(slots=True)
class Alerting:
    """What is in force by the last answers."""

    nws: Nws
    known: Alerts = field(default_factory=Alerts)
    _told: frozenset[str] = frozenset()

    async def ask(self, areas: Iterable[str], now: Nanos) -> bool:
        """Ask about areas such as ``NY``, the whole country where one is empty; return whether anything changed.

        Some of the outlines that are still missing are fetched with it.

        Raises
        ------
        NoAnswer, BadReport
            As the client's.
        """
        answers = [(await self.nws.alerts(area=area)).value for area in areas]
        paths = {code: path for answer in answers for code, path in answer.paths.items()}
        self.known.replace(alert for answer in answers for alert in answer.alerts)
        missing = [code for code in self.known.missing() if code in paths][:OUTLINES_AT_ONCE]
        for code in missing:
            self.known.set_zone(code, await self._outline(paths[code]))
        told = frozenset(alert.id for alert in self.known.standing(now))
        changed = bool(missing) or told != self._told
        self._told = told
        return changed

    async def _outline(self, path: str) -> Cells:
        """Return a zone's cells; none where it has no outline, so that it is not asked for again."""
        try:
            return (await self.nws.outline(path)).value
        except BadReport:
            return frozenset()
        except NoAnswer as e:
            if not e.lasting:
                raise
            return frozenset()
