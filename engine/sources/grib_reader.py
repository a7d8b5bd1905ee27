"""Reads GRIB messages through one worker process: started when needed, killed and replaced when it hangs or dies.

One message is under way at a time. What an answer says the message is of is held against what was asked for, so that
an index older than its file cannot hand one field on as another.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from engine.core.errors import BadReport, NoAnswer
from engine.sources import grib_worker
from engine.sources.grib_message import Facts
from engine.sources.grib_worker import Answer, Ask, Refused, Sampled
from engine.weather.gridded import Samples

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NAME: Final = "GRIB"
PATIENCE_S: Final = 30.0
"""For one message, the process's start included."""
RENEWED: Final = 500
"""Messages after which the process is replaced: decoders leak."""
MOST_PLACES: Final = 200_000
MOST_BYTES: Final = 64 << 20
"""Of messages in one question."""
ABSENT: Final = "GRIB files are not read here: ecCodes is not installed (extra `grib`)"


@dataclass(frozen=True, slots=True)
class Read:
    """One field, sampled."""

    facts: tuple[Facts, ...]
    """Of each message it was made of."""
    samples: Samples


class GribReader:
    """One worker process, and the way to it.

    Parameters
    ----------
    patience_s : float
        How long a message may take before the process is killed.
    work : callable
        What the process runs, with its end of a pipe.
    """

    def __init__(
        self, *, patience_s: float = PATIENCE_S, work: Callable[[Connection], None] = grib_worker.serve
    ) -> None:
        self.started = 0
        """Processes so far."""
        self._patience = patience_s
        self._work = work
        self._turn = asyncio.Lock()
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._read = 0
        self._lasting = ""

    async def read(
        self, messages: Sequence[bytes], lat: Floats, lon: Floats, radius_km: float = 0.0, fold: str = "sum"
    ) -> Read:
        """Return messages of one field each at n places, and over the points within a radius unless that is 0.

        Several are made one at each point: their ``sum``, ``max`` or ``min``.

        Raises
        ------
        NoAnswer
            If GRIB cannot be read on this machine, which lasts, or if the process hung or died, which may pass.
        BadReport
            If a message cannot be read, or if they lie on different grids.
        """
        if not self.started and find_spec("eccodes") is None:
            self._lasting = ABSENT
        if self._lasting:
            raise NoAnswer(NAME, self._lasting, lasting=True)
        if lat.shape != lon.shape or lat.ndim != 1 or lat.size > MOST_PLACES:
            msg = f"places must be two rows of at most {MOST_PLACES}, were {lat.shape} and {lon.shape}"
            raise ValueError(msg)
        if sum(map(len, messages)) > MOST_BYTES:
            raise BadReport(f"more than {MOST_BYTES} bytes of GRIB messages at once", "")
        ask = Ask(tuple(messages), lat.astype(np.float64).tobytes(), lon.astype(np.float64).tobytes(), radius_km, fold)
        async with self._turn:
            answer = await self._through(ask)
        if isinstance(answer, Refused):
            if answer.lasting:
                self._lasting = answer.why
                raise NoAnswer(NAME, answer.why, lasting=True)
            raise BadReport(answer.why, "")
        return _unpacked(answer, lat.size)

    async def tried(self) -> str:
        """Return why GRIB cannot be read on this machine; empty when it can. The process is started for it.

        Raises
        ------
        NoAnswer
            If the process hung or died.
        """
        nowhere = np.zeros(0)
        try:
            await self.read((), nowhere, nowhere)
        except NoAnswer as e:
            if e.lasting:
                return str(e)
            raise
        except BadReport:
            pass  # no message is none, and that was the decoder's own answer
        return ""

    async def rest(self) -> None:
        """End the process, and its memory with it, until there is something to read again."""
        async with self._turn:
            await asyncio.to_thread(self._end)

    close = rest

    async def _through(self, ask: Ask) -> Answer:
        talk = asyncio.ensure_future(asyncio.to_thread(self._talk, ask))
        try:
            return await asyncio.shield(talk)
        except asyncio.CancelledError:
            while not talk.done():  # its answer would be taken for that to the next question
                self._kill()
                await asyncio.wait({talk}, timeout=0.1)
            talk.exception()  # seen, whatever it was
            await asyncio.to_thread(self._end)
            raise
        except (OSError, EOFError, msgspec.DecodeError) as e:
            await asyncio.to_thread(self._end)
            what = "took too long and was ended" if isinstance(e, TimeoutError) else "died"
            raise NoAnswer(NAME, f"the process that reads GRIB {what}") from e

    def _talk(self, ask: Ask) -> Answer:
        if self._read >= RENEWED:
            self._end()
        pipe = self._pipe or self._start()
        self._read += 1
        pipe.send_bytes(msgspec.msgpack.encode(ask))
        if not pipe.poll(self._patience):
            raise TimeoutError
        return msgspec.msgpack.decode(pipe.recv_bytes(grib_worker.LARGEST), type=Sampled | Refused)

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=self._work, args=(there,), name="atmx-grib", daemon=True)
        process.start()
        there.close()  # so that its end here is the end of the pipe
        self.started += 1
        self._process, self._pipe, self._read = process, here, 0
        return here

    def _kill(self) -> None:
        if (process := self._process) is not None:
            process.kill()

    def _end(self) -> None:
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.join(0.2)
            process.kill()
            process.join()
            process.close()


def _unpacked(answer: Sampled, count: int) -> Read:
    """Return an answer's rows as arrays; `BadReport` where they are not of this many places."""
    try:
        centre = np.frombuffer(answer.centre, np.float64)
        rows = [np.frombuffer(row, np.float64) for row in (answer.mean, answer.most, answer.least)]
        counts = np.frombuffer(answer.count, np.int64)
    except ValueError as e:
        raise BadReport("an answer of the process that reads GRIB cannot be read", "") from e
    if not answer.count:
        rows, counts = [np.full(count, np.nan)] * 3, np.zeros(count, np.int64)
    if {row.size for row in (centre, *rows, counts)} != {count}:
        raise BadReport("an answer of the process that reads GRIB is of other places", "")
    return Read(answer.facts, Samples(centre, rows[0], rows[1], rows[2], counts))
