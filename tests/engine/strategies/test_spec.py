from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.strategies.spec import Kind, Parameter


@given(st.text(max_size=30))
def test_no_text_is_read_as_a_value_outside_of_the_range(text):
    parameter = Parameter("edge", Kind.NUMBER, 0.03, 0.0, 0.5)
    try:
        value = parameter.read(text)
    except ValueError:
        return
    assert 0.0 <= value <= 0.5


@given(st.floats(0.0, 0.5))
def test_a_value_is_read_back_as_it_is_written(value):
    parameter = Parameter("edge", Kind.NUMBER, 0.03, 0.0, 0.5)
    assert parameter.read(parameter.write(value)) == pytest.approx(value, rel=1e-11)
