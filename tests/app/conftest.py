"""One demo day traded headless by a process of its own; every test that looks at what it left shares it."""

from __future__ import annotations

import fcntl
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPEED = "1200"
"""Ten times the demo's: the first contracts settle some eight seconds after the start."""


def atmx(*words: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    line = [sys.executable, "-m", "app", *words]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)


@dataclass(frozen=True)
class Day:
    """What a headless day said and left behind."""

    folder: Path
    shots: Path
    code: int
    document: dict[str, Any]
    stdout: str
    stderr: str

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger-paper.db"

    @property
    def journal(self) -> Path:
        return Path(self.document["journal"])


@pytest.fixture(scope="session")
def day(tmp_path_factory) -> Day:
    """A day traded through the widgets until a contract had settled. Read only: other tests look at it, too.

    Processes that share the suite share the day: the first that needs it trades it, another waits until it is over.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return _traded(tmp_path_factory.mktemp("day"))
    folder = tmp_path_factory.getbasetemp().parent / "day"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = folder / "day.pickle"
        if not known.exists():
            known.write_bytes(pickle.dumps(_traded(Path(tempfile.mkdtemp(dir=folder)))))
        return pickle.loads(known.read_bytes())


def _traded(folder: Path) -> Day:
    profile, shots = folder / "profile", folder / "shots"
    done = atmx(
        "--demo", "--headless", "--json", "--exit-after", "60", "--speed", SPEED, "--shots", str(shots),
        "--profile", str(profile), seconds=200.0,
    )  # fmt: skip
    document = json.loads(done.stdout) if done.stdout else {}
    return Day(profile, shots, done.returncode, document, done.stdout, done.stderr)


@pytest.fixture
def day_copy(day, tmp_path) -> Path:
    """A profile of one's own that goes on from the end of that day."""
    folder = tmp_path / "profile"
    shutil.copytree(day.folder, folder)
    return folder
