"""The worker's side of the pipe, without a process."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from engine.sources import grib_worker
from engine.sources.grib_worker import Ask, Refused, Sampled
from engine.weather.gridded import Field

pytest.importorskip("eccodes")


def answer(ask: Ask) -> Sampled | Refused:
    return grib_worker._answer(msgspec.msgpack.encode(ask))


def test_a_radius_that_does_not_fit_is_an_answer_and_no_end() -> None:
    from tests.engine.sources.test_grib_reader import MESSAGE

    places = np.array([40.8]).tobytes(), np.array([-73.9]).tobytes()
    said = answer(Ask((MESSAGE,), *places, 9_000.0))
    assert isinstance(said, Refused)
    assert "a radius of 9000 km does not fit" in said.why
    assert isinstance(answer(Ask((MESSAGE,), *places, 0.0)), Sampled)


def test_a_message_that_is_none_is_an_answer() -> None:
    said = answer(Ask((b"nothing",), b"", b"", 0.0))
    assert isinstance(said, Refused)
    assert not said.lasting


def test_fields_are_made_one_point_by_point_before_they_are_read() -> None:
    from engine.sources.grib_decode import coded, decode
    from tests.engine.sources.test_grib_reader import FACTS, FIELD, LAT, LON

    other = Field(FIELD.grid, FIELD.values[::-1].copy(), FIELD.i0, FIELD.j0)
    bodies = coded(FACTS, FIELD), coded(FACTS, other)
    fields = [decode(body)[1].values for body in bodies]
    for fold, make in (("sum", np.add), ("max", np.maximum), ("min", np.minimum)):
        said = answer(Ask(bodies, LAT.tobytes(), LON.tobytes(), 8.0, fold))
        assert isinstance(said, Sampled)
        whole = Field(decode(bodies[0])[1].grid, make(*fields)).sample(LAT, LON, 8.0)
        assert np.array_equal(np.frombuffer(said.mean, np.float64), whole.mean, equal_nan=True)
        assert np.array_equal(np.frombuffer(said.most, np.float64), whole.most, equal_nan=True)


def test_fields_on_different_grids_and_no_fields_are_refused() -> None:
    from engine.sources.grib_decode import coded
    from tests.engine.sources.test_grib_reader import FACTS, FIELD, MESSAGE

    moved = coded(FACTS, Field(FIELD.grid, FIELD.values, FIELD.i0 + 1, FIELD.j0))
    for bodies, why in (((MESSAGE, moved), "on different grids"), ((), "no message")):
        said = answer(Ask(bodies, b"", b"", 0.0))
        assert isinstance(said, Refused)
        assert why in said.why
