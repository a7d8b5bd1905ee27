"""The layout on a real window system: saved, restored, upgraded, with a bad file and with a screen that is gone.

An X server without a screen (Xvfb) is started for it; what needs no window system is in `test_desktop`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
XVFB = shutil.which("Xvfb")
pytestmark = pytest.mark.skipif(XVFB is None, reason="Xvfb is not installed: no window system to try the layout on")


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    read, write = os.pipe()
    line = [str(XVFB), "-displayfd", str(write), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"]
    server = subprocess.Popen(line, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not come up"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


def _step(display: str, folder: Path, step: str) -> dict[str, Any]:
    settings = os.environ | {"QT_QPA_PLATFORM": "xcb", "DISPLAY": display}
    line = [sys.executable, "-m", "tests.app.on_screen", str(folder), step]
    done = subprocess.run(line, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=90, check=False)
    if "Could not load the Qt platform plugin" in done.stderr:
        pytest.skip("Qt's xcb libraries are not installed: packaging/system.sh screen")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def steps(display, tmp_path_factory) -> tuple[dict[str, Any], dict[str, Any]]:
    folder = tmp_path_factory.mktemp("screen")
    return _step(display, folder, "arrange"), _step(display, folder, "restore")


def test_it_is_drawn_by_a_window_system(steps) -> None:
    assert [one["platform"] for one in steps] == ["xcb", "xcb"]


def test_everything_comes_back_to_the_pixel(steps) -> None:
    left, again = steps[0], steps[1]["again"]
    assert left["closed"] == ["scenarios"]
    assert left["windows"]["ladder"][2:] == [520, 640]
    for what in ("workspace", "titles", "sizes", "tree", "closed", "windows", "main", "visible"):
        assert again[what] == left[what], what
    assert again["visible"]


def test_windows_of_a_screen_that_is_gone_stand_on_one_that_is_there(steps) -> None:
    gone = steps[1]["gone"]
    assert gone["wrong"] == ""
    assert gone["inside"]
    assert gone["visible"]
    assert gone["windows"]["ladder"][2:] == [520, 640]
    x, y, wide, tall = gone["main"]
    assert 0 <= x <= 1920 - wide
    assert 0 <= y <= 1080 - tall


def test_a_broken_file_is_told_and_the_screen_is_as_drawn(steps) -> None:
    broken = steps[1]["broken"]
    assert "layout.json.bad-1" in broken["wrong"]
    assert (broken["closed"], broken["windows"]) == ([], {})
    assert broken["titles"][0] == "Weather"


def test_a_file_of_the_first_schema_is_taken_over_and_written_as_the_second(steps) -> None:
    first = steps[1]["first"]
    assert first["wrong"] == ""
    assert first["sizes"][0][0] == 352
    assert steps[1]["second"] == {"schema": 2, "same": True}
