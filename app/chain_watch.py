"""Settlement records verified off the loop: when the session opens, after every settlement, and when asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.commands import chain
from engine.core.errors import InputError
from engine.core.events import ChainChecked, Kept

if TYPE_CHECKING:
    from app.boot import Session
    from engine.core.events import Event


class ChainWatch(QObject):
    """Tells the engine how the records on disk stand."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        session.host.listen(self._heard)

    def verify(self) -> None:
        """Have the records on disk recomputed, and tell the engine."""
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(None, chain.verify, self.session.ledger, self.session.vault)
        work.add_done_callback(self._verified)

    def _verified(self, done: asyncio.Future[chain.Report]) -> None:
        if done.cancelled():
            return
        try:
            found = done.result()
        except InputError as e:  # the file was moved away, or its key is none: nothing vouches for the records
            found = chain.Report(ok=False, records=0, first_bad=0, head="", checkpoint=None)
            text = str(e)
        else:
            text = "" if found.ok else found.why or f"the first bad record is {found.first_bad}"
        proved = found.checkpoint.get("count") if found.checkpoint is not None else None
        proved = proved if isinstance(proved, int) else None
        at = self.session.clock.now()
        self.session.host.learn(ChainChecked(at=at, ok=found.ok, records=found.records, proved=proved, text=text))

    def _heard(self, event: Event) -> None:
        if isinstance(event, Kept) and any(what.startswith("settled:") for what in event.each):
            self.verify()
