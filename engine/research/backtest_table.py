"""The table of backtests over the recorded sets. Run: python -m engine.research.backtest_table ../shared MOST [FILE]

MOST parts of a set are played, spread evenly over it, all when it has fewer; finished ones are kept in FILE.state.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import msgspec

from engine.research import backtest, backtest_job, backtest_page, backtest_report
from engine.research.backtest import Plan

UPDOWN: Final = ("latency_arb", "certainty_capture", "convexity_fade", "strike_misalign", "lp_extreme")
MAKER: Final = ("market_maker",)
RUNS: Final = (
    ("polymarket-btc5m-ladder", UPDOWN),
    ("polymarket-btc5m-chainlink", UPDOWN),
    ("polymarket-btc5m-books", MAKER),
    ("kalshi-15m-crypto-trades", MAKER),
    ("kalshi-weather-trades", MAKER),
    ("kalshi-weather-trades", ("bracket_momentum",)),
    ("kalshi-ny-bbo", MAKER),
    ("kalshi-miami-minute", MAKER),
)
"""Which strategies a set can say something of. Momentum wants the weather, which no set has beside its prices."""
HEAD: Final = ("set", "strategies", "parts", "rows", "orders", "fills", "gross $", "fees $", "net $", "net a fill",
               "wins", "verdict", "digest")  # fmt: skip


def main(shared: Path, most: int, file: Path | None) -> str:
    """Return the table as Markdown."""
    store = backtest_job.Store(None if file is None else file.with_suffix(".state"))
    lines, notes = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)], []
    for data, strategies in RUNS:
        folder = shared / "data" / data
        whole = Plan(data=data, strategies=strategies)
        names = [part.name for part in backtest.chosen(whole, folder)]
        step = -(-len(names) // most)
        plan = msgspec.structs.replace(whole, parts=tuple(names[::step]))
        report = backtest_report.build(plan, backtest_job.run(plan, folder, store, told=_told))
        cells = backtest_page.cells(report.total)
        lines.append(
            "| " + " | ".join((
                data, ", ".join(strategies), f"{report.parts} of {len(names)}", f"{report.rows:,}",
                f"{report.orders:,}", cells[1], *cells[4:9], report.verdict, f"`{report.digest[:8]}`",
            )) + " |"
        )  # fmt: skip
        reasons = ", ".join(f"{who} {code} {n:,}" for who, code, n in report.silent[:6])
        notes.append(f"* **{data}**, {', '.join(strategies)}: {'; '.join(report.notes)}. Silent most for: {reasons}.")
    return "\n".join([*lines, "", *notes]) + "\n"


def _told(done: int, of: int) -> None:
    sys.stderr.write(f"{done} of {of} parts\n")


if __name__ == "__main__":
    made = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    text = main(Path(sys.argv[1]), int(sys.argv[2]), made)
    if made is None:
        sys.stdout.write(text)
    else:
        made.write_text(text, "utf-8")
