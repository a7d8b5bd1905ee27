"""Backtests over made-up windows: the same twice, on all cores, after a stop; and what they add up to."""

from __future__ import annotations

import importlib.util
from decimal import Decimal

import msgspec
import pytest

from engine.core.errors import InputError, Unavailable
from engine.research import backtest_job, backtest_page, backtest_report
from engine.research.backtest import Fills, Plan
from engine.research.backtest_job import Store
from tests.engine.research import windows

STRATEGIES = ("latency_arb", "certainty_capture", "convexity_fade")
PLAN = Plan(data="polymarket-btc5m-ladder", strategies=STRATEGIES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return windows.write(tmp_path_factory.mktemp("set"), windows=12)


@pytest.fixture(scope="module")
def played(folder):
    return backtest_job.run(PLAN, folder, Store(None))


def test_it_trades_and_its_fills_add_up_to_the_kernels_own_account(played) -> None:
    report = backtest_report.build(PLAN, played)
    (part,) = played
    assert report.total.fills > 3
    assert report.total.fills == report.total.valued
    assert report.total.gross == sum(day.gross for day in part.days)
    assert report.total.fees == sum(day.fees for day in part.days)
    assert report.total.net == report.total.gross - report.total.fees
    for kind, lines in (("strategies", report.strategies), *report.groups):
        assert sum((one.net for one in lines), Decimal(0)) == report.total.net, kind


def test_the_same_run_gives_the_same_digest_and_other_delays_do_not(folder, played) -> None:
    assert backtest_job.run(PLAN, folder, Store(None)) == played
    slow = msgspec.structs.replace(PLAN, fills=Fills(out_ms=20_000.0))
    assert slow.key != PLAN.key
    assert backtest_job.run(slow, folder, Store(None))[0].digest != played[0].digest


def test_being_first_in_the_queue_never_fills_less(folder, played) -> None:
    """The two fill models bound each other from both sides for orders that rest."""
    first = msgspec.structs.replace(PLAN, strategies=("lp_extreme",), fills=Fills(model="touch"))
    behind = msgspec.structs.replace(first, fills=Fills(model="queue"))
    one, other = (backtest_job.run(plan, folder, Store(None))[0] for plan in (first, behind))
    assert sum(fill.qty for fill in one.fills) >= sum(fill.qty for fill in other.fills)


def test_finished_parts_are_kept_and_a_torn_line_is_played_again(folder, played, tmp_path) -> None:
    file = tmp_path / "state.jsonl"
    assert backtest_job.run(PLAN, folder, Store(file)) == played
    whole = file.read_bytes()
    assert Store(file).found == {f"{PLAN.key} {played[0].name}": played[0]}
    file.write_bytes(whole[: len(whole) // 2])
    assert not Store(file).found
    assert backtest_job.run(PLAN, folder, Store(file)) == played
    file.write_bytes(b"{}\n")
    with pytest.raises(InputError, match="line 1 is no result"):
        Store(file)


def test_a_stop_between_parts_keeps_what_is_finished(folder) -> None:
    assert backtest_job.run(PLAN, folder, Store(None), stopped=lambda: True) == ()


def test_other_processes_find_the_same(folder, played) -> None:
    if importlib.util.find_spec("joblib") is None:
        with pytest.raises(Unavailable, match="joblib is not installed"):
            backtest_job.run(PLAN, folder, Store(None), jobs=2)
        pytest.skip("needs joblib, of the extra research")
    assert backtest_job.run(PLAN, folder, Store(None), jobs=2) == played


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"strategies": ("nobody",)}, "nobody: no such strategy"),
        ({"data": "nowhere"}, "nowhere: no such data set"),
        ({"parts": ("2001-01-01",)}, "holds 0 of the parts"),
        ({"parameters": (("latency_arb", "nothing", "1"),)}, "latency_arb.nothing=1"),
        ({"parameters": (("latency_arb", "fills_a_minute", "many"),)}, "latency_arb.fills_a_minute=many"),
    ],
)
def test_what_cannot_be_run_is_refused_by_name(folder, change, words) -> None:
    with pytest.raises(InputError, match=words):
        backtest_job.run(msgspec.structs.replace(PLAN, **change), folder, Store(None))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('"winner": "', '"loser": "', "cannot be read|is no polymarket"),
        ('"open_px": 65000.0', '"open_px": "x"', "cannot be read"),
        ('{"window_ts"', '{"window_ts', "line 1 is no JSON"),
    ],
)
def test_damaged_rows_are_told_where_they_are(tmp_path, before, after, words) -> None:
    folder = windows.write(tmp_path)
    text = (folder / "ladder.jsonl").read_text()
    (folder / "ladder.jsonl").write_text(text.replace(before, after))
    with pytest.raises(InputError, match=words):
        backtest_job.run(PLAN, folder, Store(None))


def test_the_report_says_plainly_whether_there_is_an_edge(played) -> None:
    report = backtest_report.build(PLAN, played)
    assert report.verdict
    assert (report.total.each is None) == (report.total.valued < 3)
    empty = backtest_report.build(PLAN, [])
    assert empty.verdict == "No fill: nothing can be said of an edge."
    assert empty.total.sharpe is None
    (fill, *_) = played[0].fills
    sure = [
        msgspec.structs.replace(
            fill, won=fill.side == "BUY", cost=fill.qty / 2 + i, fee=Decimal(0), instrument=f"polymarket:{i}"
        )
        for i in range(9)
    ]
    won = backtest_report.build(PLAN, [msgspec.structs.replace(played[0], fills=tuple(sure))])
    assert won.verdict.startswith("An edge after fees on this data")


def test_many_fills_of_few_markets_are_no_edge(played) -> None:
    """They end alike: a hundred fills of one lucky market were called an edge, as if each were a trial of its own."""
    (fill, *_) = played[0].fills

    def said(*ends: bool, of: int) -> str:
        fills = [
            msgspec.structs.replace(
                fill, side="BUY", won=won, qty=Decimal(1), cost=Decimal("0.5"), fee=Decimal(0), instrument=f"m:{market}"
            )
            for market, won in enumerate(ends)
            for _ in range(of)
        ]
        return backtest_report.build(PLAN, [msgspec.structs.replace(played[0], fills=tuple(fills))]).verdict

    assert said(True, of=100) == "100 valued fills, too few markets: nothing can be said of an edge."
    assert said(True, True, True, True, False, of=100).startswith("No edge that could be told from chance: net 150.00")
    lost = said(*[False] * 9, True, of=100)
    assert lost.startswith("A loss after fees on this data: net -400.00 over 1000 fills, ")
    assert lost.endswith(" by its 10 markets.")


def test_one_part_is_one_trial(played) -> None:
    parts = [msgspec.structs.replace(played[0], name=f"part {n}") for n in range(3)]
    assert "too few parts" in backtest_report.build(PLAN, parts).verdict


def test_a_fill_whose_market_has_no_end_is_in_no_result(played) -> None:
    unknown = tuple(msgspec.structs.replace(fill, won=None) for fill in played[0].fills)
    report = backtest_report.build(PLAN, [msgspec.structs.replace(played[0], fills=unknown)])
    assert (report.total.valued, report.total.net, report.score) == (0, 0, None)
    assert report.total.fills == len(unknown)


def test_the_page_loads_nothing_and_escapes_what_it_is_told(played) -> None:
    part = msgspec.structs.replace(played[0], notes=("<script>alert(1)</script>",))
    text = backtest_page.page([backtest_report.build(PLAN, [part])] * 2)
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "<polyline" in text
    assert "http" not in text.replace("http-equiv", "")
