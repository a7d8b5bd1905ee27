"""What becomes of a session whose kernel fails: the halt is kept and shown, orders at venues are asked back."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from engine.core.effects import Changed, DropQuote, Keep
from engine.core.errors import StoreDamaged
from engine.host.stranded import Stranded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.core.errors import InvariantBroken
    from engine.core.ids import Topic
    from engine.host.desks import Desks
    from engine.host.host import Host
    from engine.kernel.step import Kernel
    from engine.store.writer import Writer

LOG = logging.getLogger(__name__)


class Failure:
    """What becomes of a session whose kernel fails: one that is opening is refused, one that is open halts."""

    def __init__(
        self,
        kernel: Kernel,
        writer: Writer,
        changed: Callable[[Topic], None],
        broken: Callable[[InvariantBroken], None],
    ) -> None:
        self._kernel, self._writer = kernel, writer
        self._changed, self._broken = changed, broken
        self._opening = True
        self._first: InvariantBroken | None = None
        self._host: Host | None = None
        self._desks: Desks | None = None
        self.stranded: Stranded | None = None
        """Orders at work outside when the kernel failed; None while it has not."""

    def __call__(self, error: InvariantBroken) -> None:
        """Keep the halt, so that a restart does not trade on; ask back what works at venues; show it, and tell."""
        if self._opening:
            self._first = error
            return
        try:
            effects = self._kernel.fail(str(error))
        except Exception:  # it has failed before: what is at work outside is asked back nevertheless
            LOG.exception("the halt of a failed kernel could not be kept")
            effects = []
        for effect in effects:
            if isinstance(effect, Keep):
                self._writer.keep(effect.rows, effect.then)
            elif isinstance(effect, Changed):
                self._changed(effect.topic)
            elif isinstance(effect, DropQuote) and self._desks is not None:
                self._desks.carry_out(effect)
        self._call_back()
        self._broken(error)

    def _call_back(self) -> None:
        """Do for the failed kernel what a halt does: ask back every order that has left for a venue."""
        if self._desks is None or self._host is None:
            return
        state, desks = self._kernel.state, self._desks
        at_work = [
            one for one in state.register.open()
            if one.place.instrument.venue in desks.venues and one.id not in state.pending
        ]  # fmt: skip
        self.stranded = Stranded(at_work, desks.carry_out)
        self._host.after = self.stranded.hear
        self.stranded.cancel()

    def opened(self, ledger: Path, host: Host, desks: Desks) -> None:
        """From here on the session is open.

        Raises
        ------
        StoreDamaged
            If the kernel did not get through what the ledger holds.
        """
        self._opening = False
        self._host, self._desks = host, desks
        if self._first is not None:
            msg = f"{ledger} cannot be opened: {self._first}"
            raise StoreDamaged(msg) from self._first
