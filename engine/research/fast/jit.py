"""Plain Python functions over arrays of integers, compiled by numba. numba is an extra, imported with the kernels.

Compiled code is kept in the user's cache, under a digest of all the sources it was made of: numba itself would look
at the file of a function alone, and go on with old code when only what it calls has changed. Functions are compiled
as their module is read, so what a function calls stands above it.
"""

from __future__ import annotations

import hashlib
import inspect
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import platformdirs

from engine.core.errors import Unavailable
from engine.research.fast.layout import ROW

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")
HERE: Final = Path(__file__).parent
KERNELS: Final = ("charges", "jit", "ladder", "layout", "matching", "meeting", "playing", "rules", "waiting")
"""Modules whose sources compiled code is made of."""


def _sources() -> str:
    found = hashlib.blake2b(digest_size=8)
    for name in KERNELS:
        found.update((HERE / f"{name}.py").read_bytes())
    return found.hexdigest()


try:
    numba: Any = import_module("numba")
except ImportError:
    raise Unavailable("numba is not installed: pip install 'atmx[research]'") from None
SHELF: Final = platformdirs.user_cache_path("atmx") / "compiled" / _sources()


PLAIN: Final = {"no_cfunc_wrapper": True, "_nrt": False}
"""The kernels make no arrays, so that nobody has to count who holds one: that took a third of their time."""


def compiled(work: F) -> F:
    """Return a function compiled, to be called by other compiled ones; it raises nothing and checks no index."""
    return _made(work, no_cpython_wrapper=True, **PLAIN)


def inlined(work: F) -> F:
    """Return the same for what every event needs, as part of each that calls it: a call copies all of a run's arrays.

    Those are some forty words, which took a third of the time of an event, and half where a rule looks at it.
    """
    return _made(work, no_cpython_wrapper=True, forceinline=True, **PLAIN)


def entry(work: F) -> F:
    """Return a function compiled, to be called from Python too; it lets other threads run."""
    return _made(work, nogil=True, **PLAIN)


def inlined_entry(work: F) -> F:
    """Return a function compiled as part of each that calls it, to be called from Python too."""
    return _made(work, nogil=True, forceinline=True, **PLAIN)


def _made(work: F, **options: bool) -> F:
    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(SHELF)
    try:
        made: F = numba.njit(_signature(work), cache=True, **options)(work)
    finally:
        numba.config.CACHE_DIR = before
    return made


def _signature(work: Callable[..., Any]) -> Any:  # noqa: ANN401 - a signature of numba's
    """Return a function's one signature, from its annotations.

    Left to itself, numba compiles a function anew for each width of integer and each constant that it is called with.
    """
    types, names = numba.types, dict(inspect.get_annotations(work))
    result = names.pop("return")
    known = {
        "int": types.int64, "float": types.float64, "bool": types.boolean, "None": types.void,
        "tuple[int, int]": types.UniTuple(types.int64, 2), "Table": types.Array(types.int64, 2, "C"),
        "Ints": types.Array(types.int64, 1, "C"), "Given": types.Array(types.int64, 1, "C", readonly=True),
        "Rows": types.Array(numba.from_dtype(ROW), 1, "C", readonly=True),
    }  # fmt: skip

    def of(name: str) -> Any:  # noqa: ANN401
        if name not in known:
            kind = work.__globals__[name]
            of_each = [of(one.__forward_arg__) for one in kind.__annotations__.values()]
            alike = all(one == of_each[0] for one in of_each)
            known[name] = (
                types.NamedUniTuple(of_each[0], len(of_each), kind) if alike else types.NamedTuple(of_each, kind)
            )
        return known[name]

    return of(result)(*map(of, names.values()))
