"""A journal in place of the world: the same events through a fresh kernel, its effects compared by digest."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import msgspec

from engine.core import codec
from engine.core.errors import StoreDamaged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.core.events import Event
    from engine.host.host import Stepper

JournalRow = tuple[int, int, str, bytes, bytes]
"""(seq, at, kind, body, digest)."""


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay found."""

    events: int
    effects: int
    digest: str
    """Of all effects of all events, in order."""
    seconds: float
    differs_at: int | None
    """First event whose effects were not those recorded; None when all were."""
    stopped: str
    """Why the journal ended before its time; empty when it did not."""


def replay(rows: Iterable[JournalRow], kernel: Stepper, *, each: Callable[[Event], None] | None = None) -> Replayed:
    """Step every event of a journal and compare what the kernel wants done with what it wanted then.

    A journal that ended because the kernel failed ends in the same failure.
    """
    whole = hashlib.blake2b(digest_size=16)
    events = effects = 0
    differs: int | None = None
    stopped = ""
    began = time.perf_counter()
    try:
        for seq, _at, _kind, body, digest in rows:
            event = codec.decode(body)
            try:
                wanted = kernel.step(event)
            except Exception as e:  # noqa: BLE001 - the host recorded whatever it was as an empty digest
                stopped = f"event {seq} failed ({type(e).__name__}: {e})"
                if digest and differs is None:
                    differs = seq
                break
            found = codec.digest(wanted)
            whole.update(found)
            if found != digest and differs is None:
                differs = seq
            events += 1
            effects += len(wanted)
            if each is not None:
                each(event)
    except StoreDamaged as e:
        stopped = str(e)
    return Replayed(
        events=events,
        effects=effects,
        digest=whole.hexdigest(),
        seconds=time.perf_counter() - began,
        differs_at=differs,
        stopped=stopped,
    )
