"""What stops trading from outside the kernel: `atmx kill`, a crash, and the question asked on leaving."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from app.commands.kill import FILE
from engine.core.commands import CancelAll, Halt, ReduceOnly

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.boot import Session

KILL_EVERY_S: Final = 0.1


class Brakes:
    """Asks the engine of whatever session is open; with none, there is nothing to stop.

    Parameters
    ----------
    session : callable
        The session that is open, or None.
    """

    def __init__(self, session: Callable[[], Session | None]) -> None:
        self._session = session

    def halt(self, why: str) -> None:
        """Press the kill switch."""
        session = self._session()
        if session is not None:
            session.host.ask(Halt(why=why))

    def reduce_only(self, _why: str) -> None:
        """Let orders only make positions smaller."""
        session = self._session()
        if session is not None:
            session.host.ask(ReduceOnly(on=True))

    def cancel_all(self) -> None:
        """Cancel every order that works; where the kernel has failed, without it."""
        session = self._session()
        stranded = None if session is None else session.stranded()
        if stranded is not None:
            stranded.cancel()
        elif session is not None:
            session.host.ask(CancelAll())

    def halted(self) -> bool:
        """Whether nothing opens any more; an engine that has stopped opens nothing, either."""
        session = self._session()
        return session is None or session.host.stopped or bool(session.kernel.state.session.halted_by)

    async def watch(self, session: Session) -> None:
        """Halt when another process asks for it by a file in the profile; until cancelled."""
        signal = session.profile.folder / FILE
        while True:
            if signal.exists():
                if self.halted():
                    signal.unlink(missing_ok=True)  # that is the answer, so it comes after the deed
                else:
                    self.halt("asked for by atmx kill in another process")
            await asyncio.sleep(KILL_EVERY_S)
