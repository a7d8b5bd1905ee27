from __future__ import annotations

import pytest

from tests.faults import powercut
from tests.scale import scale


@pytest.mark.parametrize("seed", range(5))
def test_nothing_acknowledged_is_lost_to_a_power_cut(seed, tmp_path):
    found = powercut.run(tmp_path, scale(200), seed)
    print(found)
    assert (found.lost, found.damaged) == (0, 0), found.faults[:5]
    assert found.acked > found.cuts


@pytest.mark.parametrize("seed", range(5))
def test_the_same_cuts_show_that_normal_sync_would_lose(seed, tmp_path):
    found = powercut.run(tmp_path, scale(200), seed, careless=True)
    print(found)
    assert found.runs_that_lost > found.cuts / 4
    assert found.damaged == 0  # what is left is still a ledger, only an older one
