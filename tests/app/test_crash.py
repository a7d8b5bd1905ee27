"""An exception nobody caught is logged, counted, written down without secrets, and acted on."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.crash import CrashGuard, LastResort, faults, hooked, kind_of
from app.redact import secrets
from engine.core.errors import InvariantBroken

ROOT = Path(__file__).resolve().parents[2]


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class _Desk:
    """A last resort whose acts are written down in order."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.acts = _Clock(), []
        self.told: list[tuple[str, Path | None]] = []
        self.resort = LastResort(
            folder,
            halt=lambda why: self.acts.append(("halt", why)),
            reduce_only=lambda why: self.acts.append(("reduce", why)),
            tell=lambda text, file: self.told.append((text, file)),
            lines=lambda: [f"line {n}" for n in range(100)],
            guard=CrashGuard(clock=self.clock),
        )


@pytest.fixture
def desk(tmp_path):
    return _Desk(tmp_path)


def _raised(make, text="broken"):
    with pytest.raises(make) as caught:
        raise make(text)
    return caught.value


def test_one_exception_of_the_screen_stops_no_trading(desk, tmp_path):
    desk.resort.report(_raised(ValueError), "slot")
    assert desk.acts == []
    ((text, file),) = desk.told
    assert "ValueError" in text
    assert file is not None
    assert file.parent == tmp_path


def test_three_of_a_kind_in_ten_seconds_make_trading_reduce_only(desk):
    for at in (0.0, 4.0, 9.0):
        desk.clock.now = at
        desk.resort.report(_raised(ValueError), "slot")
    assert [act for act, _ in desk.acts] == ["reduce"]
    assert "ValueError" in desk.acts[0][1]


def test_three_of_a_kind_spread_wider_do_not(desk):
    for at in (0.0, 6.0, 12.0, 18.0):
        desk.clock.now = at
        desk.resort.report(_raised(ValueError), "slot")
    assert desk.acts == []


def test_three_of_different_kinds_do_not(desk):
    for kind in (ValueError, KeyError, LookupError):
        desk.resort.report(_raised(kind), "slot")
    assert desk.acts == []


@pytest.mark.parametrize("kind", [InvariantBroken, MemoryError])
def test_a_contradiction_of_our_own_halts_at_once(desk, kind):
    desk.resort.report(_raised(kind), "kernel")
    assert [act for act, _ in desk.acts] == ["halt"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_leaving_is_no_crash(desk, kind):
    desk.resort.report(_raised(kind), "slot")
    assert desk.told == []


def test_the_report_names_the_place_and_the_log_before_it_and_no_secret(desk):
    secrets.hide("hunter2hunter2")
    try:
        desk.resort.report(_raised(ValueError, "key hunter2hunter2 refused, api_key=abcdef99"), "task quotes")
    finally:
        secrets.forget("hunter2hunter2")
    text, file = desk.told[0]
    body = file.read_text(encoding="utf-8")
    for part in ("where   task quotes", "Traceback", "test_crash.py", "line 99", "line 50"):
        assert part in body
    assert "line 49" not in body
    for secret in ("hunter2", "abcdef99"):
        assert secret not in body + text
    if os.name == "posix":
        assert file.stat().st_mode & 0o077 == 0


def test_a_slot_that_fails_each_frame_writes_one_report(desk, tmp_path):
    for _ in range(50):
        desk.clock.now += 100.0
        desk.resort.report(_raised(ValueError), "slot")
    assert len(list(tmp_path.glob("crash-*.txt"))) == 1


def test_old_reports_make_room_for_new_ones(desk, tmp_path):
    for n in range(30):
        (tmp_path / f"crash-20200101T0000{n:02d}Z.txt").write_text("", encoding="utf-8")
    desk.resort.report(_raised(ValueError), "slot")
    left = sorted(file.name for file in tmp_path.glob("crash-*.txt"))
    assert len(left) == 20
    assert left[-1] == desk.told[0][1].name


def test_a_callback_that_fails_does_not_stop_the_report(desk, tmp_path):
    desk.resort.halt = lambda _: 1 // 0
    desk.resort.report(_raised(InvariantBroken), "kernel")
    assert len(list(tmp_path.glob("crash-*.txt"))) == 1


def test_a_full_disk_leaves_the_rest_working(desk, tmp_path):
    lost = _Desk(tmp_path / "missing")
    lost.resort.report(_raised(InvariantBroken), "kernel")
    assert [act for act, _ in lost.acts] == ["halt"]
    assert lost.told[0][1] is None


def test_the_kind_is_the_class_and_the_line():
    assert kind_of(ValueError("never raised")) == "ValueError at nowhere"
    assert kind_of(_raised(ValueError)) == kind_of(_raised(ValueError, "other text"))
    assert kind_of(_raised(ValueError)) != kind_of(_raised(KeyError))


def test_hooks_hear_threads_and_slots_and_are_given_back():
    heard: list[tuple[str, str]] = []
    before = sys.excepthook, threading.excepthook
    with hooked(lambda error, where: heard.append((type(error).__name__, where))):
        thread = threading.Thread(target=lambda: [][1], name="worker")
        thread.start()
        thread.join()
        sys.excepthook(ValueError, ValueError("slot"), None)
    assert heard == [("IndexError", "thread worker"), ("ValueError", "slot")]
    assert (sys.excepthook, threading.excepthook) == before


def test_dying_of_a_signal_leaves_the_stacks(tmp_path):
    program = (
        "import faulthandler, pathlib, sys\n"
        "from app.crash import faults\n"
        "with faults(pathlib.Path(sys.argv[1])):\n"
        "    faulthandler._sigsegv()\n"
    )
    child = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, check=False, capture_output=True)
    assert child.returncode != 0
    assert "Segmentation fault" in (tmp_path / "faults.txt").read_text(encoding="utf-8") or os.name == "nt"


def test_watching_for_faults_ends_with_its_block(tmp_path):
    with faults(tmp_path):
        pass
    assert (tmp_path / "faults.txt").read_text(encoding="utf-8") == ""
