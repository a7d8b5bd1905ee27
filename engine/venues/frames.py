"""A WebSocket whose usual frame is understood in the callback that read it, without waking a task.

::

    bytes ─┬─ whole frames of plain data, between two frames ─────────────────────────────► reader, now
           └─ all else ─► library: protocol ─► frame ─┬─ whole, nothing before it waits ─► reader, now
                                                      └─ in pieces, a spree, no room ────► library's queue ─► recv

Where a venue sends thousands of frames a second one by one, the library's way through each takes longer than its
meaning; so a data frame that came whole, unmasked and of no extension is cut out of the bytes here. Everything else is
the library's: the rest of those bytes, sizes, pings, closing, what breaks the protocol, and that the socket is not read
while its queue is full. One frame never overtakes another: what comes while anything waits in the queue goes there too.

Source: RFC 6455, 5.2; websockets 15 to 17, `asyncio/connection.py`: `process_event` is its place for subclasses.
"""

from __future__ import annotations

from collections.abc import Callable
from types import GeneratorType
from typing import TYPE_CHECKING, Final

from typing_extensions import override
from websockets.asyncio.client import ClientConnection
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.protocol import OPEN

if TYPE_CHECKING:
    from websockets.protocol import Event, Protocol

    Reader = Callable[[bytes], bool]
    """Takes a whole frame; False where it is left to the task that reads. Must not raise."""

AT_ONCE: Final = 64
"""Frames of one read that are understood before others may run."""
_CONT: Final = Opcode.CONT
_PLAIN: Final = frozenset({0x81, 0x82})
"""First byte of a whole message of text or of bytes."""
_SHORT: Final = 126
"""Lengths below are in the second byte; this one says that two more have it."""


class Connection(ClientConnection):
    """A client's side; `recv` brings what `reader` did not take, and `done` says that it was dealt with."""

    reader: Reader | None = None
    refused = False
    """The reader was shown the frame that `recv` brings next, and had no room for it."""
    _waiting = 0
    """Messages in the library's queue, the one counted in that the task is at."""
    _left = AT_ONCE
    _between = False
    """The library has all of every frame that it was given: what comes next begins one."""

    def done(self) -> None:
        """Say that what `recv` brought last was dealt with."""
        self._waiting -= 1
        self.refused = False

    @override
    def data_received(self, data: bytes) -> None:
        self._left = AT_ONCE
        if self._between and self.reader is not None and not self._waiting and self.protocol.state is OPEN:
            data = data[self._taken(data, self.reader) :]
            if not data:
                return
        super().data_received(data)
        self._between = _between(self.protocol)

    def _taken(self, data: bytes, reader: Reader) -> int:
        """Have the frames at the head of some bytes understood; return how many bytes the library need not see."""
        at, size = 0, len(data)
        while at + 2 <= size and self._left and data[at] in _PLAIN:
            length, start = data[at + 1], at + 2
            if length == _SHORT:
                start += 2
                length = int.from_bytes(data[at + 2 : start], "big")
            elif length > _SHORT:  # masked, or of more than 64 kB
                break
            end = start + length
            if end > size:
                break
            if not reader(bytes(data[start:end])):
                self.refused, self._left = True, 0  # the library is to queue it, and what comes after it
                break
            self._left -= 1
            at = end
        return at

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


def _between(protocol: Protocol) -> bool:
    """Whether a frame that came whole may pass the library by: it is at no frame, message or extension."""
    if protocol.extensions or protocol.current_size is not None or protocol.debug:
        return False
    if protocol.max_message_size is None or protocol.max_message_size < 1 << 16:
        return False
    parser: object = protocol.parser
    while isinstance(parser, GeneratorType) and parser.gi_yieldfrom is not None:
        parser = parser.gi_yieldfrom
    return isinstance(parser, GeneratorType) and parser.gi_code.co_name == "at_eof"  # its place between two frames
