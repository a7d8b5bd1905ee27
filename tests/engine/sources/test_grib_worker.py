"""The worker's side of the pipe, without a process."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from engine.sources import grib_worker
from engine.sources.grib_worker import Ask, Refused, Sampled

pytest.importorskip("eccodes")


def answer(ask: Ask) -> Sampled | Refused:
    return grib_worker._answer(msgspec.msgpack.encode(ask))


def test_a_radius_that_does_not_fit_is_an_answer_and_no_end() -> None:
    from tests.engine.sources.test_grib_reader import MESSAGE

    places = np.array([40.8]).tobytes(), np.array([-73.9]).tobytes()
    said = answer(Ask(MESSAGE, *places, 9_000.0))
    assert isinstance(said, Refused)
    assert "a radius of 9000 km does not fit" in said.why
    assert isinstance(answer(Ask(MESSAGE, *places, 0.0)), Sampled)


def test_a_message_that_is_none_is_an_answer() -> None:
    said = answer(Ask(b"nothing", b"", b"", 0.0))
    assert isinstance(said, Refused)
    assert not said.lasting
