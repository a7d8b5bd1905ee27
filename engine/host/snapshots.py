"""The kernel as it stood, held in memory: what makes a seek in a replay cost a second and not the whole day.

A snapshot is a copy of everything a kernel can change. What is frozen (events, rows, instruments) is shared and not
copied, as no message is ever changed; identity of shared values is kept, so a restored kernel answers as the first did.

The copy is made by pickle, inside of one process: nothing of it is ever written to a file or read from one, so no
bytes of others can reach the unpickler. The codec of the journal knows events only; a codec of the whole state would
be a second definition of it, which grows wrong with the first one that forgets it. The events themselves stay the
truth: without snapshots everything is stepped again, and gives the same.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import zlib
from bisect import bisect_right
from collections import deque
from decimal import Decimal
from enum import Enum
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from typing_extensions import override

from engine.kernel.desks import BLANK
from engine.strategies.said import Why

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.kernel.step import Kernel

HASH: Final = type(hashlib.blake2b())
ROOM: Final = 512
"""Snapshots held of one session; when there are more, every second one goes."""
SIMPLE: Final = frozenset({type(None), bool, int, float, str, bytes, Decimal})
PLAIN: Final = tuple(SIMPLE)
_encode: Final = msgspec.msgpack.Encoder(decimal_format="string").encode


class Snapshot:
    """One kernel as it stood after `position` events."""

    __slots__ = ("_body", "_shared", "position")

    def __init__(self, position: int, kernel: Kernel) -> None:
        self.position = position
        file = io.BytesIO()
        pickler = _Pickler(file)
        pickler.dump(kernel)
        self._body, self._shared = zlib.compress(file.getvalue(), 1), tuple(pickler.shared)

    @property
    def size(self) -> int:
        """Bytes of the copy, what is shared not counted."""
        return len(self._body)

    def kernel(self) -> Kernel:
        """Return a kernel of one's own that stands where this one stood."""
        kernel: Kernel = _Unpickler(io.BytesIO(zlib.decompress(self._body)), self._shared).load()
        return kernel


class Shelf:
    """Snapshots of one session by position, thinned so that their number stays bounded.

    Parameters
    ----------
    every : int, events
        Least distance of two snapshots; doubled whenever the shelf is full.
    """

    def __init__(self, every: int = 2_000, room: int = ROOM) -> None:
        self.every = every
        self._room = room
        self._held: list[Snapshot] = []

    def __len__(self) -> int:
        """Snapshots held."""
        return len(self._held)

    @property
    def size(self) -> int:
        """Bytes held."""
        return sum(one.size for one in self._held)

    def wants(self, position: int) -> bool:
        """Whether a snapshot there would be news."""
        before = self.before(position)
        return position - (-self.every if before is None else before.position) >= self.every

    def put(self, position: int, kernel: Kernel) -> None:
        """Hold a kernel as it stands."""
        self._held.insert(bisect_right(self._held, position, key=_position), Snapshot(position, kernel))
        if len(self._held) > self._room:
            self.every *= 2
            self._held = self._held[:1] + self._held[2::2]

    def before(self, position: int) -> Snapshot | None:
        """Return the last snapshot at or before a position."""
        index = bisect_right(self._held, position, key=_position)
        return self._held[index - 1] if index else None


def _position(one: Snapshot) -> int:
    return one.position


class _Pickler(pickle.Pickler):
    """Shares what is frozen; a running hash, which knows no pickle, is copied by its own means."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.shared: list[object] = []
        self._places: dict[int, int] = {}

    @override
    def persistent_id(self, obj: Any) -> int | None:
        kind = type(obj)
        if kind is HASH:
            self.shared.append(obj.copy())
            return len(self.shared) - 1
        if not (kind is Why or obj is BLANK or _frozen(kind)):
            return None
        place = self._places.get(id(obj))
        if place is None:
            place = self._places[id(obj)] = len(self.shared)
            self.shared.append(obj)
        return place


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: tuple[object, ...]) -> None:
        super().__init__(file)
        self._shared = shared

    @override
    def persistent_load(self, pid: Any) -> object:
        found = self._shared[pid]
        return found.copy() if isinstance(found, HASH) else found


_known: Final[dict[type, bool]] = {}


def _frozen(kind: type) -> bool:
    """Whether nothing of this kind ever changes."""
    found = _known.get(kind)
    if found is None:
        found = _known[kind] = issubclass(kind, msgspec.Struct) and kind.__struct_config__.frozen
    return found


def digest(kernel: Kernel) -> str:
    """Return 16 bytes, in hexadecimal, that stand for all that a kernel knows.

    Two kernels that took the same events have the same digest, whether or not one was restored on the way: order of
    dicts counts, order of sets and identity of values do not.

    Raises
    ------
    TypeError
        If something in the state is of a kind that this cannot read.
    """
    whole = hashlib.blake2b(digest_size=16)
    _feed(kernel, whole.update, {}, [])
    return whole.hexdigest()


def _feed(root: object, say: Callable[[bytes], None], seen: dict[int, int], held: list[object]) -> None:
    """Walk a value without recursion, as deep as it may be, and say what it is made of."""
    stack: list[object] = [root]
    while stack:
        one = stack.pop()
        if isinstance(one, PLAIN):
            say(f"{type(one).__name__}:{one!r};".encode())
            continue
        if isinstance(one, Enum | type | FunctionType):
            say(f"{one!r};".encode() if isinstance(one, Enum) else f"{one.__module__}.{one.__qualname__};".encode())
            continue
        known = seen.get(id(one))
        mutable = not (isinstance(one, tuple | frozenset) or _frozen(type(one)))
        if known is not None and mutable:
            say(f"again {known};".encode())
            continue
        if mutable:
            seen[id(one)] = len(seen)
            held.append(one)  # its id stays its own while this runs
        stack.extend(reversed(_parts(one, say)))


def _parts(one: object, say: Callable[[bytes], None]) -> list[object]:
    """Say what kind a value is and return what it holds, in its order."""
    kind = type(one)
    say(f"{kind.__module__}.{kind.__qualname__}(".encode())
    if isinstance(one, HASH):
        say(one.digest())
        return []
    if isinstance(one, np.ndarray):
        say(f"{one.dtype}{one.shape}".encode() + one.tobytes())
        return []
    if isinstance(one, bytearray):
        say(bytes(one))
        return []
    if _frozen(kind):
        try:
            say(_encode(one))
        except (TypeError, ValueError):  # it holds what no message can
            pass
        else:
            return []
    if isinstance(one, msgspec.Struct):
        return [getattr(one, name) for name in one.__struct_fields__]
    if isinstance(one, set | frozenset):
        return sorted(one, key=repr)
    if isinstance(one, list | tuple | deque) and set(map(type, one)) <= SIMPLE:
        say(repr(list(one)).encode())
        return []
    parts: list[object] = []
    if isinstance(one, dict):
        parts += [part for pair in one.items() for part in pair]
    elif isinstance(one, list | tuple | deque):
        parts += one
    return parts if kind.__module__ == "builtins" else parts + _attributes(one)


def _attributes(one: object) -> list[object]:
    """Return the attributes of an object, in the order of their names."""
    if isinstance(one, tuple | deque):
        return []
    reduced = one.__reduce_ex__(4)
    if isinstance(reduced, str):
        return [reduced]
    state = reduced[2] if len(reduced) > 2 else None
    rest = [list(part) for part in reduced[3:5] if part is not None and not isinstance(one, list | dict)]
    made: list[object] = list(reduced[1][1:]) if reduced[0].__name__ == "__newobj__" else list(reduced[1])
    return [*made, state, *rest]
