"""The sign of life: a session that did not end cleanly is known at the next start, and two quick ones are counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.alive import FILE, QUICK, Last, SignOfLife
from engine.core.units import SECOND, Nanos

T = Nanos(1_790_000_000 * SECOND)


def _run(folder, began, lived, *, clean=False) -> Last | None:
    sign = SignOfLife(folder)
    last = sign.begin(Nanos(began))
    sign.beat(Nanos(began + lived))
    if clean:
        sign.end()
    return last


def test_a_clean_end_leaves_nothing(tmp_path) -> None:
    assert _run(tmp_path, T, 60 * SECOND, clean=True) is None
    assert list(tmp_path.iterdir()) == []
    assert SignOfLife(tmp_path).begin(T) is None


def test_a_killed_session_is_known_with_its_last_moment(tmp_path) -> None:
    _run(tmp_path, T, 60 * SECOND)
    assert SignOfLife(tmp_path).begin(Nanos(T + 3600 * SECOND)) == Last(seen_at=Nanos(T + 60 * SECOND), quick=0)


def test_two_that_did_not_get_going_ask_for_safe_mode(tmp_path) -> None:
    _run(tmp_path, T, 2 * SECOND)
    first = _run(tmp_path, T + 100 * SECOND, 9 * SECOND)
    assert (first.quick, first.wants_safe_mode) == (1, False)
    second = _run(tmp_path, T + 200 * SECOND, QUICK)
    assert (second.quick, second.wants_safe_mode) == (2, True)
    third = SignOfLife(tmp_path).begin(Nanos(T + 300 * SECOND))
    assert (third.quick, third.wants_safe_mode) == (0, False)  # the one between lived


@given(content=st.binary(max_size=60))
def test_no_bytes_raise(tmp_path_factory, content) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / FILE).write_bytes(content)
    last = SignOfLife(folder).begin(T)
    assert last is not None
    assert not last.wants_safe_mode


def test_a_folder_that_takes_no_file_costs_the_sign_only(tmp_path) -> None:
    sign = SignOfLife(tmp_path / "missing")
    assert sign.begin(T) is None
    sign.beat(T)
    sign.end()


@pytest.mark.parametrize("started", [T + 60 * SECOND, 0, -1])
def test_a_clock_that_was_set_counts_as_no_quick_end(tmp_path, started) -> None:
    _run(tmp_path, T, 0)
    (tmp_path / FILE).write_text(f'{{"started_at": {started}, "quick": 1}}')
    sign = SignOfLife(tmp_path)
    sign.beat(T)
    assert sign.begin(T).quick == 0
