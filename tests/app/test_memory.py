from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from app import memory

ROOT = Path(__file__).parents[2]


class Ring:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.own = self


def test_what_exists_is_walked_no_more_while_a_session_runs() -> None:
    kept = Ring()
    with memory.calmed():
        assert gc.get_threshold() == memory.THRESHOLDS
        assert not any(one is kept for one in gc.get_objects())
    assert any(one is kept for one in gc.get_objects())


def test_cycles_made_meanwhile_are_still_found() -> None:
    with memory.calmed():
        gone = weakref.ref(Ring())
        gc.collect()
        assert gone() is None


def test_everything_is_as_before_after_a_session_that_failed() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(ZeroDivisionError), memory.calmed():
        raise ZeroDivisionError
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_memory_held_is_told_where_the_system_tells_it() -> None:
    held = memory.held_mb()
    assert held is None or 5.0 < held < 10_000.0


class Blocks(ctypes.Structure):
    """What glibc's `mallinfo` tells first: sizes and counts of its blocks."""

    _fields_ = [(name, ctypes.c_int) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")]
    _fields_ += [(f"more{number}", ctypes.c_int) for number in range(5)]


def test_large_blocks_are_the_systems_own_however_many_were_freed() -> None:
    """In a process of its own: in one that has lived, a large block may find room in the heap that was free before."""
    if not memory.returned():
        pytest.skip("this system's library has no such threshold")
    code = "from tests.app.test_memory import own_blocks; print(own_blocks())"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert said.split() == ["4", "0"]


def own_blocks() -> str:
    """Return how many of four large blocks are the system's own while they are held, and once they are let go."""
    memory.returned()
    libc = ctypes.CDLL(None)
    libc.mallinfo.restype = Blocks
    for _ in range(3):  # glibc took them from its heap after the first was freed, where their pages stayed
        big = bytes(30 << 20)
        del big
    before = libc.mallinfo().hblks
    held = [bytes(24 << 20) for _ in range(4)]
    while_held = libc.mallinfo().hblks - before
    del held
    return f"{while_held} {libc.mallinfo().hblks - before}"


def test_nothing_is_collected_until_the_window_is_painted_and_what_it_took_is_not_walked() -> None:
    before = gc.isenabled(), gc.get_freeze_count()
    with memory.unwatched():
        kept = Ring()
        assert not gc.isenabled()
        memory.painted()
        assert gc.isenabled()
        assert not any(one is kept for one in gc.get_objects())
    assert (gc.isenabled(), gc.get_freeze_count()) == before


def test_what_was_made_since_a_session_runs_can_be_left_out_too() -> None:
    memory.settled()
    before = gc.get_freeze_count()
    with memory.calmed():
        kept = Ring()
        memory.settled()
        assert not any(one is kept for one in gc.get_objects())
    memory.settled()
    assert gc.get_freeze_count() == before
