"""Starting is refused in words, with exit 3, where it would crash."""

from __future__ import annotations

import pytest

from app import refuse


@pytest.mark.parametrize(
    ("python", "pyside"),
    [((3, 11), "6.11.2"), ((3, 11), "6.9.0"), ((3, 12), "6.12.0"), ((3, 13), "6.13.1")],
)
def test_sound_pairs_may_run(python, pyside):
    assert refuse.why_not(python, pyside) is None


@pytest.mark.parametrize("pyside", ["6.12.0", "6.12.1", "6.13.0", "7.0.0"])
def test_a_binding_for_immortal_objects_is_refused_before_python_3_12(pyside):
    reason = refuse.why_not((3, 11), pyside)
    assert reason is not None
    assert pyside in reason
    assert "3.11" in reason
    assert "6.11.2" in reason


def test_this_machine_may_run():
    refuse.check()


def test_a_refusal_is_one_line_and_exit_3(capsys):
    with pytest.raises(SystemExit) as left:
        refuse.refuse("no room")
    assert left.value.code == 3
    assert capsys.readouterr().err == "atmx: no room\n"
