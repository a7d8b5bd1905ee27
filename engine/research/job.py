"""Pieces of work done anywhere, and kept as they finish: here one after the other, on all cores, or on a Dask cluster.

A piece names what it reads and by which rules, so a job that was stopped goes on with what is missing, one that runs
again over the same data has nothing to do, and wherever a piece was done its result is the same. joblib and Dask are
extras, imported when they are asked for.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec

from engine.core.errors import InputError, Unavailable

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

LARGEST: Final = 1_000_000_000
"""Bytes of kept results."""
MOST_JOBS: Final = 256
HERE: Final = "local"
"""Names a scheduler of this machine's own processes."""
OWN: Final = {"dashboard_address": None, "silence_logs": "CRITICAL"}
"""Of those: no page on a port, and no farewells of workers that lost their scheduler because we closed it."""
PATIENCE_S: Final = 10.0
"""For a scheduler's answer."""
AHEAD: Final = 4
"""Pieces handed to a cluster beforehand, for each thread that it has."""


class Piece(Protocol[R_co]):
    """One piece of a job; it can be sent to another machine."""

    @property
    def key(self) -> str:
        """What it reads and by which rules; the same key means the same result."""
        ...

    def __call__(self) -> R_co:
        """Do it."""
        ...


class Kept(msgspec.Struct, frozen=True):
    """A line of a file of results."""

    key: str
    result: Any


class Store(Generic[R]):
    """Results by key, in a file too if there is one: a line each, on disk before the next piece begins.

    A last line that was cut off by the end of a process is left out.
    """

    def __init__(self, file: Path | None, kind: type[R]) -> None:
        self.file = file
        self.found: dict[str, R] = {}
        if file is not None and file.exists():
            self._read(file, kind)

    def _read(self, file: Path, kind: type[R]) -> None:
        try:
            if file.stat().st_size > LARGEST:
                raise InputError(f"{file}: larger than {LARGEST} bytes")
            *whole, last = file.read_bytes().split(b"\n")
            for number, raw in enumerate(whole, 1):
                try:
                    one = msgspec.json.decode(raw, type=Kept)
                    self.found[one.key] = msgspec.convert(one.result, kind, strict=False)
                except (msgspec.MsgspecError, UnicodeDecodeError) as e:
                    raise InputError(f"{file}: line {number} is no result of a part ({e})") from None
            if last:
                file.write_bytes(b"".join(raw + b"\n" for raw in whole))
        except OSError as e:
            raise InputError(f"{file}: cannot be read ({e.strerror})") from e

    def add(self, key: str, result: R) -> None:
        """Keep a result.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        self.found[key] = result
        if self.file is None:
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("ab") as out:
                out.write(msgspec.json.encode(Kept(key, result)) + b"\n")
                out.flush()
                os.fsync(out.fileno())
        except OSError as e:
            raise InputError(f"{self.file}: cannot be written ({e.strerror})") from e


def run(
    pieces: Sequence[Piece[R]],
    store: Store[R],
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[R, ...]:
    """Do the pieces that are not kept, keep them, and return all that are done, in their order.

    Parameters
    ----------
    jobs : int
        Processes of this machine; 1 works here. Without meaning where a scheduler is named.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``, or ``local`` for a cluster of this machine's own
        processes. Its workers must have this program installed, and find the data under the same path.
    told : callable
        Called with how many pieces are done, and of how many.
    stopped : callable
        Asked between pieces; after a yes what is finished is kept and returned, and what waits is withdrawn.

    Raises
    ------
    Unavailable
        If joblib or Dask is asked for and not installed, or a scheduler does not answer.
    """
    missing = [piece for piece in pieces if piece.key not in store.found]
    done = len(pieces) - len(missing)
    told(done, len(pieces))
    found = _here(missing) if jobs == 1 else _on_cores(missing, jobs)
    if scheduler is not None:
        found = _on_dask(missing, scheduler)
    with closing(found):
        while done < len(pieces) and not stopped():
            key, result = next(found)
            store.add(key, result)
            done += 1
            told(done, len(pieces))
    return tuple(store.found[piece.key] for piece in pieces if piece.key in store.found)


def _here(pieces: Sequence[Piece[R]]) -> Generator[tuple[str, R]]:
    for piece in pieces:
        yield piece.key, piece()


def _do(piece: Piece[R]) -> tuple[str, R]:
    return piece.key, piece()


def _on_cores(pieces: Sequence[Piece[R]], jobs: int) -> Generator[tuple[str, R]]:
    """Yield results as they come from processes of this machine."""
    joblib = _library("joblib", "joblib", "research")
    try:
        with joblib.parallel_config(backend="loky", n_jobs=min(jobs, MOST_JOBS)):
            parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1)
            yield from parallel(joblib.delayed(_do)(piece) for piece in pieces)
    finally:
        import_module("joblib.externals.loky").get_reusable_executor().shutdown(wait=True, kill_workers=True)


def _on_dask(pieces: Sequence[Piece[R]], scheduler: str) -> Generator[tuple[str, R]]:
    """Yield results as they come from a cluster; a few pieces wait there, the rest here."""
    distributed = _library("dask.distributed", "Dask", "dask")
    where: Mapping[str, object] = OWN if scheduler == HERE else {"address": scheduler}
    try:
        client = distributed.Client(timeout=PATIENCE_S, **where)
    except (OSError, TimeoutError, ValueError) as e:
        raise Unavailable(f"--scheduler: no Dask scheduler answers at {scheduler[:80]} ({type(e).__name__})") from e
    with client:
        waiting = iter(pieces)
        ahead = AHEAD * max(1, sum(client.nthreads().values()))
        going = distributed.as_completed(
            [_sent(client, piece) for piece, _ in zip(waiting, range(ahead), strict=False)], with_results=True
        )
        try:
            for _, result in going:
                yield result
                for piece in waiting:
                    going.add(_sent(client, piece))
                    break
        except (RuntimeError, ImportError, OSError) as e:
            raise Unavailable(
                f"--scheduler: the cluster at {scheduler[:80]} cannot run this ({type(e).__name__}); its scheduler and "
                "its workers need the same version of this program, and the data under the same path"
            ) from e


def _sent(client: Any, piece: Piece[R]) -> Any:  # noqa: ANN401 - of Dask, which has no types
    name = hashlib.blake2b(piece.key.encode(), digest_size=16).hexdigest()
    return client.submit(_do, piece, key=f"atmx-{name}", pure=True)


def _library(module: str, name: str, extra: str) -> Any:  # noqa: ANN401 - a module
    try:
        return import_module(module)
    except ImportError as e:
        raise Unavailable(f"{name} is not installed; pip install 'atmx[{extra}]' brings it") from e
