"""Trades a demo day through the real widgets, as a trader would: mouse and keys only, no shortcut past the screen.

Used by `atmx --demo --headless`. It picks the market that closes first, buys it from the ladder and from the ticket,
buys a bracket from the board, and leaves once something it holds has settled.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from engine.core.ids import EMBEDDED, KALSHI, InstrumentId, VenueId, outcome_of
from engine.views import topics
from widgets.ladder import LadderPanel
from widgets.ticket import TicketPanel

if TYPE_CHECKING:
    from app.boot import Session
    from app.bridge import Bridge
    from app.window import Window

STEP_S: Final = 0.05
PATIENCE_S: Final = 15.0
SOON: Final = 6 * 3600 * 1_000_000_000
TARGETS: Final = 6
"""Four that close soon, a bracket of the home city, and one on a simulated venue; the day lists them one by one."""


class Driver:
    """The hands."""

    def __init__(self, session: Session, window: Window, bridge: Bridge) -> None:
        self.session = session
        self.window = window
        self.bridge = bridge
        self._first_record = session.kernel.state.chain_next
        """Records before it are earlier sessions' of the profile: they are no work of this one."""

    async def trade(self) -> None:
        """Place the day's orders."""
        await self._until(lambda: len(self._targets()) >= TARGETS)
        for instrument in self._targets():
            self.bridge.turning.choose(instrument)
            await self._until(lambda: self._ladder().view is not None)
            await asyncio.sleep(STEP_S)
            await self._buy_on_ladder()
        await self._buy_with_ticket()

    async def settled(self) -> None:
        """Wait until a market that was traded here has settled, and its payment is booked."""
        while not self._enough_settled():  # noqa: ASYNC110 - it waits for the day, which has no event of its own
            await asyncio.sleep(STEP_S)

    def _enough_settled(self) -> bool:
        """Whether a market that was traded here has paid, or two have settled."""
        done = self._ours_settled()
        return len(done) >= 2 or any(row.paid for row in done)

    def _ours_settled(self) -> list:  # type: ignore[type-arg]
        fills = self.session.kernel.state.fills
        traded = {outcome_of(fill.instrument)[0] for fill in fills if fill.instrument.venue == EMBEDDED}
        new = (row for row in self.session.kernel.state.settlements if row.seq >= self._first_record)
        done = [row for row in new if row.market in traded]
        return [r for r in done if r.verdict.outcome not in {"DISPUTED"}]

    def _rows(self, venue: VenueId) -> list:  # type: ignore[type-arg]
        view = self.session.kernel.view(topics.MARKETS)
        return [row for row in getattr(view, "rows", ()) if row.status == "open" and row.instrument.venue == venue]

    def _targets(self) -> list[InstrumentId]:
        """Return the YES/NO markets that close first, and the likeliest bracket of the home city."""
        rows = sorted(self._rows(EMBEDDED), key=lambda row: row.closes)
        soon = [row.instrument for row in rows if not row.label and row.closes - self.session.clock.now() < SOON][:4]
        listed = self._listed()
        home = [row for row in rows if row.label and row.event == self.session.kernel.state.place]
        likely = max(home, key=lambda row: row.mid or 0.0, default=None)
        return [*soon, *([likely.instrument] if likely is not None else []), *listed]

    def _listed(self) -> list[InstrumentId]:
        """The likeliest bracket of a day's high on a simulated venue, if one is quoted."""
        rows = [row for row in self._rows(KALSHI) if row.label and row.bid and row.ask]
        likely = max(rows, key=lambda row: row.mid or 0.0, default=None)
        return [] if likely is None else [likely.instrument]

    def _ladder(self) -> LadderPanel:
        found = self.window.workspaces[0].docks["ladder"]
        if not isinstance(found, LadderPanel):
            raise TypeError(type(found).__name__)
        return found

    def _ticket(self) -> TicketPanel:
        found = self.window.workspaces[0].docks["ticket"]
        if not isinstance(found, TicketPanel):
            raise TypeError(type(found).__name__)
        return found

    async def _buy_on_ladder(self) -> None:
        """Give the ladder the keyboard and take what is offered: T, on the bid side."""
        ladder = self._ladder()
        self.window.reach("ladder")
        grid = ladder.grid
        before = len(self.session.kernel.state.register)
        QTest.mouseClick(grid, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QPoint(5, 5))
        await asyncio.sleep(0.6)  # a money key does nothing in the first half second after the window got the keyboard
        QTest.keyClick(grid, Qt.Key.Key_Left)
        QTest.keyClick(grid, Qt.Key.Key_T)
        await self._until(lambda: len(self.session.kernel.state.register) > before, patience=3.0)

    async def _buy_with_ticket(self) -> None:
        ticket = self._ticket()
        self.window.reach("ticket")
        await asyncio.sleep(0.6)  # its key waits half a second after the window came to the front
        before = len(self.session.kernel.state.register)
        QTest.mouseClick(ticket.form.best, Qt.MouseButton.LeftButton)  # an order that rests needs a price
        await self._until(lambda: ticket.money.manner in {"buy", "asks"}, patience=3.0)
        QTest.keyClick(ticket, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        if ticket.money.manner == "asks":  # a doubt of the card: it is answered as a trader would, in place
            QTest.keyClick(ticket.money, Qt.Key.Key_Return)
        await self._until(lambda: len(self.session.kernel.state.register) > before, patience=3.0)

    async def _until(self, true, patience: float = PATIENCE_S) -> bool:  # type: ignore[no-untyped-def]  # noqa: ANN001
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while not true():
            if loop.time() >= end:
                return False
            await asyncio.sleep(STEP_S)
        return True
