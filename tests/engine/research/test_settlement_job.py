from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from engine.core.errors import InputError, Unavailable
from engine.research import job, settlement, settlement_job, synthetic
from engine.research.settlement_job import Kept, Result
from tests.engine.research.test_settlement_days import STATED
from tests.shared import shared

PARTS = settlement_job.made(seed=1, stations=5, of_days=40, at_once=2)


def test_parts_together_are_the_whole() -> None:
    found = job.run(PARTS, Kept(None))
    whole = settlement.tallies(synthetic.years(1, 0, 5, 40))
    assert tuple(tally for result in found for tally in result.tallies) == whole
    assert sum(result.rows for result in found) == 5 * 24 * 40


class Counted:
    """A part that tells when it is done, and can fail."""

    def __init__(self, part: settlement_job.Part, done: list[str], fail: bool = False) -> None:
        self.part, self.done, self.fail = part, done, fail
        self.key = part.key

    def __call__(self) -> Result:
        if self.fail:
            raise KeyboardInterrupt
        self.done.append(self.key)
        return self.part()


def test_a_job_that_was_stopped_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    file, done = tmp_path / "nightly" / "state.jsonl", []
    stopped = [Counted(PARTS[0], done), Counted(PARTS[1], done, fail=True), Counted(PARTS[2], done)]
    with pytest.raises(KeyboardInterrupt):
        job.run(stopped, Kept(file))
    told: list[tuple[int, int]] = []
    again = [Counted(part, done) for part in PARTS]
    found = job.run(again, Kept(file), told=lambda *count: told.append(count))
    assert done == [part.key for part in PARTS]
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert found == job.run(PARTS, Kept(None))


def test_a_line_that_was_torn_is_done_again(tmp_path: Path) -> None:
    file, done = tmp_path / "state.jsonl", []
    job.run(PARTS, Kept(file))
    file.write_bytes(file.read_bytes()[:-300])
    job.run([Counted(part, done) for part in PARTS], Kept(file))
    assert done == [PARTS[2].key]
    assert len(Kept(file).found) == 3


def test_a_state_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        job.run(PARTS, Kept(tmp_path / "file" / "state.jsonl"))


def test_another_text_of_a_file_is_another_part(tmp_path: Path) -> None:
    file = tmp_path / "days.json"
    file.write_text("[]")
    before = {part.key for part in settlement_job.recorded(file)}
    file.write_text("[ ]")
    assert before.isdisjoint(part.key for part in settlement_job.recorded(file))
    assert len(before) == 4


def test_a_recorded_file_is_scored_for_every_measure(tmp_path: Path) -> None:
    file = tmp_path / "days.json"
    file.write_text(json.dumps([STATED]))
    found = settlement_job.report(job.run(settlement_job.recorded(file), Kept(None)))
    assert [one["measure"] for one in found] == ["high", "low", "rain", "rain"]
    assert found[3]["rules"] == []  # a trace is no wet day
    hourly = {rule["rule"]: rule for rule in found[0]["rules"]}["hourly"]
    assert (hourly["days"], hourly["settled"], hourly["dispute_rate"], hourly["accuracy"]) == (1, 0, 1.0, None)


def test_a_report_has_n_beside_every_share() -> None:
    (found,) = settlement_job.report(job.run(PARTS, Kept(None)))
    assert (found["source"], found["measure"], found["rows"]) == ("made up", "high", 4_800)
    assert len(found["stations"]) == 5 * 4
    for rule in (*found["rules"], *found["stations"]):
        assert rule["settled"] + rule["disputed"] == rule["days"]
        assert rule["accuracy"] == pytest.approx(rule["right"] / rule["settled"], abs=1e-6)


def test_the_worst_stations_come_first() -> None:
    found = settlement_job.worst(job.run(PARTS, Kept(None)), "hourly")
    assert [one.accuracy for one in found] == sorted(one.accuracy for one in found)
    assert len(found) == 5


def test_a_folder_without_any_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds neither"):
        settlement_job.present(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        settlement_job.recorded(tmp_path / "none.json")


def test_every_recorded_set_is_scored() -> None:
    found = settlement_job.report(job.run(settlement_job.present(shared(".")), Kept(None)))
    assert [(one["measure"], one["rules"][0]["days"]) for one in found][:4] == [
        ("high", 52), ("low", 52), ("rain", 52), ("rain", 24),
    ]  # fmt: skip
    assert [one["source"] for one in found[4:]] == ["whole Celsius by the hour, daily", "hourly reanalysis"]
    assert {one["station"] for one in found[5]["stations"]} == {"KXHIGHNY", "KXHIGHMIA", "KXHIGHAUS"}


@pytest.mark.skipif(importlib.util.find_spec("distributed") is not None, reason="Dask is installed")
def test_without_dask_a_scheduler_is_refused_with_what_to_install() -> None:
    with pytest.raises(Unavailable, match=r"Dask is not installed; pip install 'atmx\[dask\]' brings it"):
        job.run(PARTS, Kept(None), scheduler="tcp://127.0.0.1:1")
