"""A WebSocket whose usual frame is understood in the callback that read it, without waking a task.

::

    bytes ─► library: protocol ─► frame ─┬─ whole, nothing before it waits, there is room ─► reader, now
                                         └─ in pieces, a spree, nobody reads, no room ─► library's queue ─► recv

Everything else is the library's: sizes, pings, closing, and that the socket is not read while its queue is full. One
frame never overtakes another: what comes while anything waits in the queue goes there too.

Source: websockets 15 to 17, `asyncio/connection.py`; `process_event` is its place for subclasses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from typing_extensions import override
from websockets.asyncio.client import ClientConnection
from websockets.frames import DATA_OPCODES, Frame, Opcode

if TYPE_CHECKING:
    from websockets.protocol import Event

    Reader = Callable[[bytes], bool]
    """Takes a whole frame; False where it is left to the task that reads. Must not raise."""

AT_ONCE: Final = 64
"""Frames of one read that are understood before others may run."""
_CONT: Final = Opcode.CONT


class Connection(ClientConnection):
    """A client's side; `recv` brings what `reader` did not take, and `done` says that it was dealt with."""

    reader: Reader | None = None
    refused = False
    """The reader was shown the frame that `recv` brings next, and had no room for it."""
    _waiting = 0
    """Messages in the library's queue, the one counted in that the task is at."""
    _left = AT_ONCE

    def done(self) -> None:
        """Say that what `recv` brought last was dealt with."""
        self._waiting -= 1
        self.refused = False

    @override
    def data_received(self, data: bytes) -> None:
        self._left = AT_ONCE
        super().data_received(data)

    @override
    def process_event(self, event: Event) -> None:
        if type(event) is Frame and event.opcode in DATA_OPCODES:
            if self.reader is not None and not self._waiting and event.fin and event.opcode is not _CONT and self._left:
                self._left -= 1
                if self.reader(bytes(event.data)):
                    return
                self.refused = True
            self._waiting += event.fin
        super().process_event(event)
