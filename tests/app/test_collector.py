from __future__ import annotations

import gc
import weakref

from app import collector


class Ring:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.own = self


def test_what_exists_is_walked_no_more_while_a_session_runs() -> None:
    kept = Ring()
    with collector.calmed():
        assert gc.get_threshold() == collector.THRESHOLDS
        assert not any(one is kept for one in gc.get_objects())
    assert any(one is kept for one in gc.get_objects())


def test_cycles_made_meanwhile_are_still_found() -> None:
    with collector.calmed():
        gone = weakref.ref(Ring())
        gc.collect()
        assert gone() is None


def test_everything_is_as_before_after_a_session_that_failed() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    try:
        with collector.calmed():
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
