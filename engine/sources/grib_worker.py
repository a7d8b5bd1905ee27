"""The process that decodes GRIB messages, so that foreign bytes meet the decoder outside of the program.

It reads one message at a time, keeps the part of it around the places asked for and drops the rest. It holds no key
and opens no connection; its memory is bounded where the system lets it be, its complaints go nowhere, and it ends
when the pipe does. Answers are plain fields and rows of numbers, so that the program unpacks nothing that could act.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.errors import BadReport
from engine.sources.grib_message import Facts

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from engine.weather.gridded import Field

MEMORY: Final = 2 << 30
"""Bytes of address space; HRRR at 50,000 places takes a fifth."""
LARGEST: Final = 96 << 20
"""Bytes of the largest request or answer."""


class Ask(msgspec.Struct, frozen=True):
    """Messages of one field each, to be made one field, and where that is wanted."""

    messages: tuple[bytes, ...]
    lat: bytes
    """float64, degrees; n of them."""
    lon: bytes
    radius_km: float
    """0 for the places alone."""
    fold: str = "sum"
    """Of the fields at each point: ``sum``, ``max`` or ``min``."""


class Sampled(msgspec.Struct, frozen=True, tag=True):
    """What was read: n float64 each, `count` int64; all but `centre` empty without a radius."""

    facts: tuple[Facts, ...]
    centre: bytes
    mean: bytes = b""
    most: bytes = b""
    least: bytes = b""
    count: bytes = b""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """Why nothing was."""

    why: str
    lasting: bool = False
    """Nothing can be read on this machine."""


Answer = Sampled | Refused


def serve(pipe: Connection) -> None:
    """Answer until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's ctrl-C is the program's business
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with contextlib.suppress(OSError, EOFError):
        _quiet()
        _bound()
        while True:
            pipe.send_bytes(msgspec.msgpack.encode(_answer(pipe.recv_bytes(LARGEST))))


def _answer(raw: bytes) -> Answer:
    try:
        from engine.sources import grib_decode  # here, where its memory is bounded and its absence can be told
    except (ImportError, OSError, RuntimeError) as e:
        return Refused(f"GRIB cannot be read on this machine: {str(e)[:120]}", lasting=True)
    ask = msgspec.msgpack.decode(raw, type=Ask)
    try:
        return _sampled(ask, grib_decode.decode)
    except (BadReport, ValueError, KeyError) as e:
        return Refused(str(e)[:200])
    except MemoryError:
        return Refused("a GRIB message that needs more memory than it may have")


def _sampled(ask: Ask, decode: Callable[[bytes], tuple[Facts, Field]]) -> Sampled:
    import numpy as np

    lat, lon = np.frombuffer(ask.lat, np.float64), np.frombuffer(ask.lon, np.float64)
    fold = {"sum": np.add, "max": np.maximum, "min": np.minimum}[ask.fold]
    facts, whole = [], None
    for message in ask.messages:
        fact, field = decode(message)
        part = field.window(lat, lon, ask.radius_km)
        facts.append(fact)
        if whole is None:
            whole = part
            continue
        if (part.grid, part.i0, part.j0) != (whole.grid, whole.i0, whole.j0):
            raise BadReport("fields on different grids", "")
        fold(whole.values, part.values, out=whole.values)
    if whole is None:
        raise BadReport("no message", "")
    if not ask.radius_km:
        return Sampled(tuple(facts), whole.at(lat, lon).tobytes())
    found = whole.sample(lat, lon, ask.radius_km)
    rows = (found.centre, found.mean, found.most, found.least, found.count)
    return Sampled(tuple(facts), *(row.tobytes() for row in rows))


def _quiet() -> None:
    """Send what the decoder prints nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _bound() -> None:
    """Bound the memory, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
