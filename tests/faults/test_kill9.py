from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scale import scale

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("seed", range(10))
def test_nothing_acknowledged_is_lost_to_kill_9(seed, tmp_path):
    rounds = scale(200)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.kills", str(tmp_path), str(rounds), str(seed)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1_800,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    found = json.loads(done.stdout)
    print(found)
    assert (found["lost"], found["damaged"], found["journal_short"]) == (0, 0, 0), found["faults"][:5]
    assert found["kills"] == rounds
    assert found["acked"] > rounds  # most were killed while they traded
    assert found["settled"] > 0


def test_resting_orders_places_and_reservations_survive_kill_9(tmp_path):
    rounds = scale(200)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.orders", str(tmp_path), str(rounds), "7"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1_800,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    found = json.loads(done.stdout)
    print(found)
    assert (found["lost"], found["damaged"]) == (0, 0), found["faults"][:5]
    assert found["kills"] == rounds
    assert found["acked"] > 10 * rounds  # they were killed while they traded
    assert found["rested"] > 2 * rounds
