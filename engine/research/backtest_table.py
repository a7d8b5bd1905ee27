"""The table of backtests over the recorded sets. Run: python -m engine.research.backtest_table ../shared MOST [FILE]

MOST parts of a set are played, spread evenly over it, all when it has fewer; with 0 only those that are finished count.
Finished parts are kept in FILE.state, and a run that was stopped goes on from them. Every row of the table is a trial
of the deflated Sharpe ratio.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from engine.research import backtest, backtest_job, backtest_page, backtest_report, verdicts
from engine.research.backtest import Fills, Plan

if TYPE_CHECKING:
    from engine.research.backtest import PartResult
    from engine.research.backtest_report import Report
    from engine.research.verdicts import Share

UPDOWN: Final = ("latency_arb", "certainty_capture", "convexity_fade", "strike_misalign", "lp_extreme")
MAKER: Final = ("market_maker",)
SLOW: Final = (("market_maker", "refresh", "30"),)
"""A daily market trades a few times a minute: quotes that follow faster are stopped by MESSAGE_RATIO anyway."""
FILLS: Final = Fills(out_ms=35.0, back_ms=17.5)
"""As `atmx backtest` has them, and its seed, so that either goes on from what the other kept."""
RUNS: Final = (
    Plan(data="polymarket-btc5m-ladder", strategies=UPDOWN, fills=FILLS, seed=0),
    Plan(data="polymarket-btc5m-chainlink", strategies=UPDOWN, fills=FILLS, seed=0),
    Plan(data="polymarket-btc5m-books", strategies=MAKER, fills=FILLS, seed=0),
    Plan(data="kalshi-15m-crypto-trades", strategies=MAKER, fills=FILLS, seed=0),
    Plan(data="kalshi-weather-trades", strategies=MAKER, parameters=SLOW, fills=FILLS, seed=0),
    Plan(data="kalshi-weather-trades", strategies=("bracket_momentum",), fills=FILLS, seed=0),
    Plan(data="kalshi-ny-bbo", strategies=MAKER, parameters=SLOW, fills=FILLS, seed=0),
    Plan(data="kalshi-miami-minute", strategies=MAKER, parameters=SLOW, fills=FILLS, seed=0),
)
"""Which strategies a set can say something of. Momentum wants the weather, which no set has beside its prices."""
HEAD: Final = ("set", "strategies", "parts", "days", "orders", "fills", "gross $", "fees $", "net $", "net $ (95 %)",
               "Sharpe (95 %)", "deflated", "Brier, market's", "edge", "digest")  # fmt: skip


def main(shared: Path, most: int, file: Path | None) -> str:
    """Return the table as Markdown."""
    store = backtest_job.Store(None if file is None else file.with_suffix(".state"))
    came = [_played(plan, shared / "data" / plan.data, most, store) for plan in RUNS]
    trials = [_per_day(results) for _, results, _ in came if results]
    lines, notes = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)], []
    for plan, results, count in came:
        report = backtest_report.build(plan, results, trials)
        lines.append("| " + " | ".join(_row(report, results, count)) + " |")
        notes += _notes(report) if results else []
    return "\n".join([*lines, "", *notes]) + "\n"


def _played(plan: Plan, folder: Path, most: int, store: backtest_job.Store) -> tuple[Plan, tuple[PartResult, ...], int]:
    """Return a plan, what its parts came to, and how many parts the set has."""
    names = [part.name for part in backtest.chosen(plan, folder)]
    if most:
        chosen = names[:: -(-len(names) // most)]
    else:
        chosen = [name for name in names if f"{plan.key} {name}" in store.found]
    if not chosen:
        return plan, (), len(names)
    if not most:
        return plan, tuple(store.found[f"{plan.key} {name}"] for name in chosen), len(names)
    some = msgspec.structs.replace(plan, parts=tuple(chosen))
    return plan, backtest_job.run(some, folder, store, told=_told), len(names)


def _per_day(results: tuple[PartResult, ...]) -> float:
    """Return a run's Sharpe ratio of one day; a run that never traded tried for nothing."""
    fills = sorted((fill for part in results for fill in part.fills), key=lambda fill: fill.at)
    return verdicts.per_period(backtest_report.daily(fills)) or 0.0


def _row(report: Report, results: tuple[PartResult, ...], count: int) -> tuple[str, ...]:
    plan, total = report.plan, report.total
    named = ", ".join(plan.strategies) + "".join(f", {name} {value}" for _, name, value in plan.parameters)
    if not results:
        return (plan.data, named, f"0 of {count}", *[backtest_page.DASH] * 10, "not played", backtest_page.DASH)
    cells = backtest_page.cells(total)
    net, score = verdicts.total(backtest_report.units(results)), report.score
    return (
        plan.data, named, f"{report.parts} of {count}", str(total.days), f"{report.orders:,}", cells[1], *cells[4:7],
        _interval(net) if total.fills else backtest_page.DASH, cells[10],
        backtest_page.DASH if report.deflated is None else f"{report.deflated:.3f}",
        backtest_page.DASH if score is None else f"{score.brier:.3f}, {score.brier_market:.3f}",
        _edge(total.fills, net), f"`{report.digest[:8]}`",
    )  # fmt: skip


def _interval(net: Share | None) -> str:
    return backtest_page.DASH if net is None else f"{net.low:+.2f} to {net.high:+.2f} over {net.n}"


def _edge(fills: int, net: Share | None) -> str:
    """Say what the interval over whole parts carries."""
    if not fills:
        return "no fill: nothing can be said"
    if net is None:
        return "too few parts to say"
    return "yes" if net.low > 0 else "a loss" if net.high < 0 else "none told from chance"


def _notes(report: Report) -> list[str]:
    plan = report.plan
    reasons = ", ".join(f"{who} {code} {n:,}" for who, code, n in report.silent[:6])
    head = f"* **{plan.data}**, {', '.join(plan.strategies)}: {'; '.join(report.notes)}. Silent most for: {reasons}."
    marks = ", ".join(f"{who} {seconds} s {cents:+.2f} c" for who, seconds, cents, _ in report.marks)
    by = [
        f"{one.name} {one.fills} fills, net {one.net:.2f}" for one in report.strategies if len(report.strategies) > 1
    ]  # fmt: skip
    return [head, *([f"  Prices after fills: {marks}."] if marks else []), *([f"  {'; '.join(by)}."] if by else [])]


def _told(done: int, of: int) -> None:
    sys.stderr.write(f"{done} of {of} parts\n")


if __name__ == "__main__":
    made = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    text = main(Path(sys.argv[1]), int(sys.argv[2]), made)
    if made is None:
        sys.stdout.write(text)
    else:
        made.write_text(text, "utf-8")
