"""``atmx bench``: the project's own benchmarks, with the bars they are held against.

Each family runs in a process of its own, so that no benchmark pays for the memory and the threads of another.
Bars are what must hold on two busy cores; figures of one run of one machine prove little, so compare two files.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app import memory
from app.commands import inputs
from engine.core.errors import InputError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.bench.figures import Figure

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

NUMBA: Final = bool(find_spec("numba") and find_spec("joblib"))
FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "app.bench.engine": (
        "lmsr_maths",
        "trade_on_exchange",
        "trade_whole_path",
        "trade_of_another",
        "kernel_step",
        "event_codec",
    ),
    "app.bench.book": (
        "book_kalshi",
        "book_kalshi_delta",
        "book_binance",
        "book_sweep",
        "bracket_board",
        "paper_event",
    ),
    "app.bench.venues": (
        "decode_kalshi",
        "decode_polymarket",
        "decode_binance",
        "book_step_kalshi",
        "book_step_polymarket",
        "trade_step_binance",
        "frame_to_body_kalshi",
        "frame_to_body_polymarket",
        "frame_to_body_binance",
        "frame_to_order_kalshi",
        "frame_to_order_polymarket",
        "frame_to_order_binance",
        "sign_kalshi",
        "sign_polymarket",
    ),
    "app.bench.tracing": ("traced_step",),
    "app.bench.deribit": ("decode_deribit", "frame_to_book_deribit"),
    "app.bench.strategies": ("updown_trade", "updown_quote", "updown_frame_to_order"),
    "app.bench.loopback": (
        "socket_to_order_kalshi",
        "socket_to_order_polymarket",
        "socket_to_order_binance",
        "socket_to_order_kept_kalshi",
        "socket_to_order_kept_polymarket",
    ),
    "app.bench.loaded": ("socket_to_order_screen_kalshi", "socket_to_order_screen_polymarket"),
    "app.bench.flood": ("flood_lag", "flood_rate"),
    "app.bench.store": (
        "trade_durable",
        "trade_durable_rate",
        "trade_durable_accounts",
        "trade_durable_accounts_rate",
        "journal_append",
    ),
    "app.bench.replay": ("replay", "replay_backtest", "replay_journal", "replay_seek"),
    **({"app.bench.compiled": ("replay_compiled", "replay_compiled_rule", "sweep_scaling")} if NUMBA else {}),
    "app.bench.settlement": ("settlement_backtest", "settlement_in_time_order"),
    "app.bench.gridded": ("grid_centres", "grid_around", *(["grib_read"] if find_spec("eccodes") else [])),
    "app.bench.screen": (
        "hex_recolour_5k",
        "hex_recolour_50k",
        "map_50000_cells_pan",
        "map_50000_cells_zoom",
        "map_50000_cells_settled",
        "ladder_repaint",
        "frame",
        "slice",
        "order_latency",
        "order_to_acknowledged",
        "acknowledged_to_painted",
        "one_core",
    ),
    "app.bench.option_screen": ("frame_options", "slice_options", "one_core_options"),
    "app.bench.options": ("option_greeks_10k", "option_vols_10k", "option_smile", "option_payoff"),
    "app.bench.rfq": ("rfq_to_quote",),
    "app.bench.charts": ("heat_paint", "chart_paint", "bars_taken"),
    "app.bench.start": ("first_window", "memory"),
}
"""Names by module; written here so that naming them imports none."""
PATIENCE_S: Final = 600.0
"""For one family, on a machine that has other work too."""
SAME: Final = 0.03
"""Medians of one machine differ by this much from run to run."""


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("bench", help="measure this program on this machine", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="all when none is named")
    parser.add_argument("--list", action="store_true", help="print the names and what they measure")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="JSON of an earlier run; shows the ratio to it")
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure and print; always 0, since a figure is no verdict: `ok` says whether its bar was met."""
    as_json = getattr(args, "json", False)
    chosen = _chosen(args.names)
    if args.list:
        sys.stdout.write(_listing(chosen, as_json))
        return 0
    before = {} if args.compare is None else _earlier(args.compare)
    found = _measured(chosen)
    for name, figure in found.items():
        if name in before:
            figure["ratio"] = round(figure["median"] / before[name], 3)
    sys.stdout.write(json.dumps(found) + "\n" if as_json else _table(found))
    return 0


def names() -> tuple[str, ...]:
    """Return the names of all benchmarks, in the order they run."""
    return tuple(name for family in FAMILIES.values() for name in family)


def work_of(name: str) -> Callable[[], Figure]:
    """Return the function of a benchmark."""
    module = next(module for module, family in FAMILIES.items() if name in family)
    work: Callable[[], Figure] = import_module(module).ALL[name]
    return work


def _chosen(wanted: Sequence[str]) -> dict[str, list[str]]:
    """Return the wanted names by family, all when none is wanted."""
    unknown = [name for name in wanted if name not in names()]
    if unknown:
        raise InputError(f"NAME: there is no benchmark {unknown[0][:40]!r}; there are {', '.join(names())}")
    chosen = {module: [name for name in family if not wanted or name in wanted] for module, family in FAMILIES.items()}
    return {module: family for module, family in chosen.items() if family}


def _measured(chosen: dict[str, list[str]]) -> dict[str, Figure]:
    if len(chosen) == 1:
        works = {name: work_of(name) for name in next(iter(chosen.values()))}
        with memory.calmed():  # as the terminal runs
            return {name: work() for name, work in works.items()}
    return {name: figure for family in chosen.values() for name, figure in _apart(family).items()}


def _apart(family: Iterable[str]) -> dict[str, Figure]:
    """Measure one family in a process of its own."""
    from app.bench.start import program

    command = [*program(), "bench", "--json", *family]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{' '.join(family)}: not done after {PATIENCE_S:.0f} s; try it alone, or later") from None
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(family)}: {done.stderr.strip()[-300:]}")
    found: dict[str, Figure] = json.loads(done.stdout)
    return found


def _earlier(file: Path) -> dict[str, float]:
    """Return the medians of an earlier run.

    Raises
    ------
    InputError
        If the file is no JSON of this command.
    """
    try:
        told: Any = json.loads(inputs.text(file))
        medians = {str(name): float(figure["median"]) for name, figure in told.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as e:
        raise InputError(f"{file}: median: is no JSON of `atmx bench --json` ({type(e).__name__})") from e
    return {name: median for name, median in medians.items() if median > 0.0}


def _listing(chosen: dict[str, list[str]], as_json: bool) -> str:
    about = {name: (work_of(name).__doc__ or "").splitlines()[0] for family in chosen.values() for name in family}
    if as_json:
        return json.dumps(about) + "\n"
    return "".join(f"{name:24} {words}\n" for name, words in about.items())


def _table(found: dict[str, Figure]) -> str:
    rows: list[tuple[str, ...]] = [("", "median", "p99", "unit", "n", "bar", "of", "", "moonshot", "")]
    rows += [_row(name, figure) for name, figure in found.items()]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    left = {0, 3, 6, 7, 9}
    lines = (
        "  ".join(cell.ljust(wide) if place in left else cell.rjust(wide) for place, (cell, wide) in enumerate(cells))
        for cells in (zip(row, widths, strict=True) for row in rows)
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _row(name: str, figure: Figure) -> tuple[str, ...]:
    verdict = "" if "ok" not in figure else "met" if figure["ok"] else "missed"
    return (
        name,
        _number(figure["median"]),
        _number(figure["p99"]),
        figure["unit"],
        str(figure["n"]),
        _number(figure.get("bar")),
        figure.get("of", ""),
        verdict,
        _number(figure.get("moonshot")),
        ", ".join(filter(None, (_ratio(figure), _beside(figure)))),
    )


def _number(value: float | list[float] | None) -> str:
    if isinstance(value, list):
        return " / ".join(_number(one) for one in value)
    return "—" if value is None else f"{value:,.6g}"


def _beside(figure: Figure) -> str:
    """Return what others needed for the same in the same run, and who is missing."""
    others = (f"{who} {_number(median)}" for who, median in figure.get("beside", {}).items())
    return "; ".join((*others, *figure.get("missing", ())))


def _ratio(figure: Figure) -> str:
    """Return how the median stands to the earlier one."""
    ratio = figure.get("ratio")
    if ratio is None:
        return ""
    return f"{ratio:.2f} of before" + ("" if abs(ratio - 1.0) > SAME else ", the same")
