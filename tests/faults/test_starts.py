from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from engine.store.profile import Lock, Profile
from tests.scale import FULL

ROOT = Path(__file__).resolve().parents[2]


def start(profile):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.starter", str(profile)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def go(process):
    process.stdin.write("\n")
    process.stdin.flush()


def test_of_many_started_at_once_one_owns_the_profile(tmp_path):
    chance = random.Random(7)
    for number in range(200 if FULL else 10):
        profile = tmp_path / str(number)
        started = [start(profile) for _ in range(chance.randint(2, 8))]
        for process in started:
            go(process)
        said = [process.stdout.readline().strip() for process in started]
        owners = [process for process, line in zip(started, said, strict=True) if line == "owner"]
        assert len(owners) == 1, said
        named = [line for line in said if line != "owner"]
        assert all("is in use by" in line for line in named), said
        owners[0].kill()
        owners[0].wait()
        with Lock(Profile(profile).lock):  # the killed one's lock is free at once
            pass
        for process in started:
            if process not in owners:
                process.communicate("\n", timeout=20)
            process.stdin.close()
            process.stdout.close()
