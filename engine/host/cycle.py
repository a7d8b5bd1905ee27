"""Looks up what a session wants to see, again and again: today's brackets, tomorrow's, the next five-minute window.

A family is told to the kernel when it is new or has changed, so that a journal is not filled with what is known.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.core.commands import Watch
from engine.core.errors import VenueError
from engine.core.events import LinkChanged, Listed
from engine.core.units import DAY, HOUR, SECOND, Nanos
from engine.kernel.desks import DIRECTORY
from engine.venues.port import Skips

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.core.ids import FamilyId, VenueId
    from engine.core.instrument import Family, Instrument
    from engine.host.host import Host
    from engine.venues.port import Venue

EVERY_S: Final = 300.0
AHEAD_S: Final = 10.0
"""A window is looked up this long before it begins."""
PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 300.0
AFTER: Final = 2 * HOUR
"""A window that closed longer ago is followed no more; what is held of it, the kernel follows by itself."""
RESULT: Final = 3 * DAY
"""As much of any other family: brackets are decided the day after, and orders of ours and strategies' own accounts wait
for what they pay, held or not."""
OVER: Final = frozenset({"closed", "determined", "settled"})
NEVER: Final = Nanos(2**62)
NAMED: Final = 5
"""What could not be read is named one by one up to so many at once."""
KNOWN_ROOM: Final = 4_096
"""Families remembered; the oldest is forgotten, and would merely be told again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A series or an event to keep up with."""

    venue: VenueId
    what: str
    """As the venue's directory takes it, such as ``KXHIGHCHI`` or ``btc-updown-5m``."""
    every_s: float = EVERY_S
    window_s: int = 0
    """Length of the windows it comes in, aligned to UTC; 0 for none."""
    follow: bool = True
    """Follow the books of what is found."""


class Cycle:
    """Keeps a session's wishes up to date."""

    def __init__(self, wishes: Iterable[Wish], venues: Mapping[VenueId, Venue], host: Host) -> None:
        self._wishes = tuple(wish for wish in wishes if wish.venue in venues)
        self._venues = venues
        self._host = host
        self._told: dict[FamilyId, tuple[Family, tuple[Instrument, ...]]] = {}
        self._until: dict[FamilyId, Nanos] = {}
        """Until when each family is followed that is."""
        self._down: dict[VenueId, str] = {}

    async def run(self) -> None:
        """Look everything up until cancelled."""
        async with asyncio.TaskGroup() as group:
            for wish in self._wishes:
                group.create_task(self._keep(wish), name=f"look up {wish.what}")

    async def _keep(self, wish: Wish) -> None:
        pause = PAUSE_S
        while True:
            if await self._once(wish):
                pause = PAUSE_S
                await asyncio.sleep(self._until_next(wish))
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _once(self, wish: Wish) -> bool:
        try:
            found = await self._venues[wish.venue].directory.find(wish.what)
        except VenueError as e:
            self._failed(wish.venue, str(e))
            return False
        self._works(wish.venue)
        self._skipped(wish.venue)
        for listed in found:
            self._tell(listed, wish)
        self._let_go()
        return True

    def _tell(self, listed: Listed, wish: Wish) -> None:
        family = listed.family.id
        facts = (listed.family, listed.instruments)
        new = family not in self._told
        if self._told.get(family) != facts:
            while len(self._told) >= KNOWN_ROOM:
                del self._told[next(iter(self._told))]
            self._told[family] = facts
            self._host.insist(listed)
        if wish.follow:
            self._follow(listed, wish, new)

    def _follow(self, listed: Listed, wish: Wish, new: bool) -> None:
        """Follow a family until some time after its last book closed, and after the venue last listed one that trades.

        The time of the close alone does not tell: venues name one and go on trading.
        """
        family, alive = listed.family.id, any(one.status not in OVER for one in listed.instruments)
        if family not in self._until and (new or alive):
            self._host.ask(Watch(what=family))
        elif family not in self._until:
            return
        closes = [NEVER if one.closes is None else one.closes for one in listed.instruments]
        last = max((*closes, self._host.clock.now()) if alive else closes, default=NEVER)
        self._until[family] = Nanos(last + (AFTER if wish.window_s else RESULT))

    def _let_go(self) -> None:
        """Follow no more what is over: windows come by the hundred, and the kernel keeps what is watched."""
        now = self._host.clock.now()
        for family in [one for one, until in self._until.items() if now > until]:
            del self._until[family]
            self._host.ask(Watch(what=family, on=False))

    def _until_next(self, wish: Wish) -> float:
        """Return real seconds until the next look: some time before the next window, or a while from now."""
        if not wish.window_s:
            return wish.every_s
        length, ahead = wish.window_s * SECOND, int(AHEAD_S * SECOND)
        now = self._host.clock.now()
        begins = ((now + ahead) // length + 1) * length
        return max(self._host.clock.wait(Nanos(begins - ahead)), 0.05)

    def _failed(self, venue: VenueId, why: str) -> None:
        if self._down.get(venue) == why:
            return
        self._down[venue] = why
        at = self._host.clock.now()
        self._host.insist(LinkChanged(at=at, venue=venue, up=False, channel=DIRECTORY, why=why))

    def _works(self, venue: VenueId) -> None:
        if venue not in self._down or self._down[venue]:
            self._down[venue] = ""
            at = self._host.clock.now()
            self._host.insist(LinkChanged(at=at, venue=venue, up=True, channel=DIRECTORY))

    def _skipped(self, venue: VenueId) -> None:
        """Name what the venue lists and could not be read, once each."""
        directory = self._venues[venue].directory
        if not isinstance(directory, Skips):
            return
        news = directory.skipped.news()
        if news:
            more = f" and {len(news) - NAMED} more" if len(news) > NAMED else ""
            why = f"left out, since they cannot be read: {'; '.join(news[:NAMED])}{more}"
            self._host.insist(LinkChanged(at=self._host.clock.now(), venue=venue, up=True, channel=DIRECTORY, why=why))
