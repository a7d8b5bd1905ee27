"""Counts a session's journal while it is written, as `engine.host.replay` counts it when it is read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.effects import AnyEffect, AnyRow
    from engine.core.events import Event
    from engine.host.host import Keeper, Stepper


class Counted:
    """Stands between a host and its kernel and writer."""

    def __init__(self, kernel: Stepper, keeper: Keeper) -> None:
        self._kernel, self._keeper = kernel, keeper
        self._whole = hashlib.blake2b(digest_size=16)
        self._last = 0
        self.events = 0
        """Events the kernel got through."""
        self.effects = 0

    @property
    def digest(self) -> str:
        """Of all effects so far, in their order."""
        return self._whole.hexdigest()

    def step(self, event: Event) -> Sequence[AnyEffect]:
        """Have the kernel take in an event."""
        effects = self._kernel.step(event)
        self._last = len(effects)
        return effects

    def journal(self, seq: int, at: int, kind: str, body: bytes, digest: bytes) -> None:
        """Have the event that was stepped written down."""
        if digest:  # none means that the kernel failed: a replay ends there, too
            self.events += 1
            self.effects += self._last
            self._whole.update(digest)
        self._keeper.journal(seq, at, kind, body, digest)

    def keep(self, rows: tuple[AnyRow, ...], then: str) -> None:
        """Have rows of the ledger kept."""
        self._keeper.keep(rows, then)

    def hold(self, on: bool) -> None:
        """Let what is asked for gather."""
        self._keeper.hold(on)
