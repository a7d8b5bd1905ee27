"""`atmx kill` from another process, and the one terminal a profile has."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from app import cli
from app.commands import kill
from tests.app.conftest import ROOT, atmx
from tests.app.program import CALM, meta, program

SECONDS = 30.0


def _soon(true) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def running(tmp_path) -> Iterator[tuple[subprocess.Popen[str], os.PathLike[str]]]:
    """A terminal in a process of its own that has opened its session."""
    folder = tmp_path / "profile"
    line = [sys.executable, "-m", "app", *CALM, "--headless", "--json", "--exit-after", "60", "--profile", str(folder)]
    one = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        _soon(lambda: one.poll() is not None or list((folder / "journal").glob("*.db")))
        assert one.poll() is None, one.stderr
        yield one, folder
    finally:
        one.kill()
        one.communicate()


@pytest.mark.skipif(os.name == "nt", reason="ends the terminal with SIGTERM")
def test_it_halts_the_terminal_of_another_process_and_the_halt_stays(running) -> None:
    terminal, folder = running
    second = atmx("--demo", "--headless", "--exit-after", "5", "--profile", str(folder))
    assert second.returncode == 3
    assert second.stderr.splitlines() == [f"atmx: the profile {folder} is in use by process {terminal.pid}"]

    done = atmx("kill", "--json", "--profile", str(folder))
    assert (done.returncode, json.loads(done.stdout)) == (0, {"ok": True})
    assert not (folder / kill.FILE).exists()
    _soon(lambda: meta(folder).get("halted"))
    assert "another process" in meta(folder)["halted_why"]

    terminal.send_signal(signal.SIGTERM)
    out, err = terminal.communicate(timeout=SECONDS)
    assert terminal.returncode == 0, err
    assert json.loads(out)["chain_ok"] is True
    assert meta(folder)["halted"]


@pytest.mark.limit(30)
async def test_a_terminal_started_again_is_still_halted(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        (tmp_path / kill.FILE).write_text("atmx kill\n")
        await desk.until(lambda: not (tmp_path / kill.FILE).exists())
        assert desk.state.session.halted_by  # the answer came after the deed
    async with program(tmp_path, *CALM) as desk:
        await desk.until(desk.window.halt.isVisible)
        assert "HALTED" in desk.window.windowTitle()


def test_without_a_terminal_the_answer_is_no_and_no_file_stays(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(kill, "PATIENCE_S", 0.2)
    assert cli.run(["kill", "--json", "--profile", str(tmp_path)]) == 1
    assert json.loads(capsys.readouterr().out) == {"ok": False}
    assert not (tmp_path / kill.FILE).exists()
    assert cli.run(["kill", "--profile", str(tmp_path / "none")]) == 1
    assert "nothing was halted" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()
