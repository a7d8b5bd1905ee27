"""The suite's own net holds: what a test leaves running fails it, and so does a socket where none is allowed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

CASES = """
import asyncio, socket, threading, time
import pytest
from PySide6.QtCore import QTimer

kept = []

async def test_ok_async(loop):
    assert asyncio.get_running_loop() is loop

async def test_bad_task():
    kept.append(asyncio.create_task(asyncio.sleep(60)))

async def test_bad_error_nobody_saw():
    async def fail():
        raise LookupError
    asyncio.create_task(fail())
    await asyncio.sleep(0.01)

def test_bad_timer(qapp):
    timer = QTimer()
    timer.start(1000)
    kept.append(timer)

def test_ok_timer(qapp):
    timer = QTimer()
    timer.start(1000)

def test_bad_thread(monkeypatch):
    threading.Thread(target=time.sleep, args=(4,), daemon=True).start()

def test_bad_socket(no_sockets):
    with socket.socket() as s, pytest.raises(PermissionError):
        s.connect(("127.0.0.1", 9))

async def test_ok_no_sockets(no_sockets, loop):
    await asyncio.sleep(0.001)

@pytest.mark.limit(0.05)
async def test_bad_endless():
    await asyncio.sleep(60)

@pytest.mark.full
def test_skip_full():
    raise AssertionError
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("net")
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    (folder / "test_cases.py").write_text(CASES, encoding="utf-8")
    measured = {"COVERAGE_FILE": str(folder / "coverage")}
    env = {**os.environ, **measured, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    env.pop("ATMX_FULL", None)
    command = [sys.executable, "-m", "pytest", str(folder), "-rA", "-p", "no:cacheprovider", "--import-mode=importlib",
               f"--cov={folder}", "--cov-config=", "--cov-report="]  # fmt: skip
    ini = folder / "pytest.ini"
    ini.write_text("[pytest]\nmarkers = full: only under make full\n", encoding="utf-8")
    done = subprocess.run(
        [*command, "-c", str(ini)], cwd=folder, env=env, check=False, capture_output=True, text=True, timeout=120
    )
    seen: dict[str, set[str]] = {}
    for outcome, name in re.findall(r"^(PASSED|FAILED|ERROR) \S*::(test_\w+)", done.stdout, re.MULTILINE):
        seen.setdefault(name, set()).add(outcome)
    assert seen, done.stdout + done.stderr
    return seen


@pytest.mark.parametrize("name", sorted(re.findall(r"def (test_bad_\w+)", CASES)))
def test_what_is_left_or_forbidden_fails(outcomes, name):
    assert outcomes[name] & {"FAILED", "ERROR"}


@pytest.mark.parametrize("name", sorted(re.findall(r"def (test_ok_\w+)", CASES)))
def test_what_cleans_up_passes(outcomes, name):
    assert outcomes[name] == {"PASSED"}


def test_the_full_numbers_wait_for_make_full(outcomes):
    assert "test_skip_full" not in outcomes
