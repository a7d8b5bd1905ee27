"""The table of backtests: rows of what was kept, intervals over whole markets, and plain words on an edge."""

from __future__ import annotations

import pytest

from engine.research import backtest_job, backtest_report, backtest_table
from engine.research.backtest import Plan
from engine.research.verdicts import Share
from tests.engine.research import windows


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Plan, folder and store of a small set that was played."""
    folder = windows.write(tmp_path_factory.mktemp("set"), windows=6)
    plan = Plan(data=folder.name, strategies=("latency_arb",))
    store = backtest_job.Store(None)
    return plan, folder, store, backtest_job.run(plan, folder, store)


def test_with_0_only_what_is_kept_counts_and_else_it_is_played(kept) -> None:
    plan, folder, store, results = kept
    assert backtest_table._played(plan, folder, 0, store) == (plan, results, 1)
    assert backtest_table._played(plan, folder, 0, backtest_job.Store(None)) == (plan, (), 1)
    digests = [one.digest for one in backtest_table._played(plan, folder, 5, backtest_job.Store(None))[1]]
    assert digests == [one.digest for one in results]


def test_units_of_one_part_are_its_markets_and_add_up_to_the_net(kept) -> None:
    _, _, _, results = kept
    units = backtest_report.units(results)
    report = backtest_report.build(kept[0], results)
    assert sum(units) == pytest.approx(float(report.total.net))
    assert len(units) == len({fill.instrument for fill in results[0].fills})


def test_a_row_has_a_cell_for_each_heading_whether_it_was_played_or_not(kept) -> None:
    plan, _, _, results = kept
    for some in (results, ()):
        row = backtest_table._row(backtest_report.build(plan, some), some, 1)
        assert len(row) == len(backtest_table.HEAD)
    assert row[-2] == "not played"


def test_an_edge_is_only_what_the_interval_over_whole_parts_leaves() -> None:
    said = [backtest_table._edge(9, Share(v, low, high, 9)) for v, low, high in ((1, 0.1, 2), (0, -1, 1), (-2, -3, -1))]
    assert said == ["yes", "none told from chance", "a loss"]
    assert backtest_table._edge(0, None) == "no fill: nothing can be said"
    assert backtest_table._edge(9, None) == "too few parts to say"
