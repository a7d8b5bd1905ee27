"""The kernels, compiled when the first test asks for them: `kernels.rules`, `kernels.running`, and ways to fill.

numba compiles them as they are read, 20 s of CPU where no cache knows them and several times that while coverage
traces. So no test file reads them while tests are collected, and a process of its own compiles them.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.orders.simulate import Latency

ROOT = Path(__file__).resolve().parents[4]


def __getattr__(name: str) -> ModuleType:
    if name not in {"rules", "running"}:
        raise AttributeError(name)
    compiled()
    return import_module(f"engine.research.fast.{name}")


@cache
def compiled() -> None:
    """See that the cache knows the kernels."""
    if not import_module("engine.research.fast.jit").SHELF.exists():
        subprocess.run([sys.executable, "-c", "import engine.research.fast.running"], cwd=ROOT, timeout=600, check=True)


@cache
def at_once() -> Any:
    """Return the way on which nothing takes time."""
    return __getattr__("running").Fast(latency=Latency(out=0, back=0, jitter=0))


@cache
def ways() -> tuple[Any, ...]:
    """Return the ways to fill that every script is tried on."""
    fast = __getattr__("running").Fast
    return fast(), fast(touch=True, seed="2"), at_once()
