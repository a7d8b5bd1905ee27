"""Peers and this program over the same million events, in turn, round by round; writes a page of results."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
EVENTS = 1_000_000
PAGE = """# Beside other engines

`make peers`: the same {count:,} events (92 % changes of a level, 8 % trades, 99 price levels) through every engine,
each in a process of its own, interleaved over {rounds} rounds. Each reads best bid and ask and their sizes after every
event and sends some orders. Reading the events and making each engine's own objects of them is not counted. Medians.

{table}

The machine was {machine}, load {load}: other work ran beside, so that CPU time says more than the clock, and the
ratios, which are of CPU time, more than either.

What they do is not the same. NautilusTrader keeps accounts, a cache and a message bus, as our whole kernel keeps gates,
a register, positions and a journal's effects. hftbacktest has a book on either side of the latency and a strategy
compiled by numba, as our compiled kernels have a queue, delays, partial fills and fees, with a parametrised rule.
"""


def main(python: str, results: Path, rounds: int) -> None:
    """Run all and write the page."""
    root = HERE.parents[1]
    here = {**os.environ, "PYTHONPATH": str(root), "QT_QPA_PLATFORM": "offscreen"}
    before = os.getloadavg()[0]
    rows: dict[str, list[dict]] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.npy"
        subprocess.run([sys.executable, HERE / "events.py", file, str(EVENTS)], env=here, check=True)
        lanes = [
            ([sys.executable, HERE / "ours.py", file, "whole"], here),
            ([python, HERE / "nautilus.py", file], None),
            ([sys.executable, HERE / "ours.py", file, "compiled"], here),
            ([python, HERE / "hft.py", file], None),
        ]
        for number in range(rounds):
            for command, environment in lanes:
                done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
                for line in done.stdout.splitlines():
                    if line.startswith("{"):
                        one = json.loads(line)
                        rows.setdefault(f"{one['lane']} {one['version']}".strip(), []).append(one)
            sys.stderr.write(f"peers: {number + 1} of {rounds} rounds\n")
    load = f"{before:.1f} before and {os.getloadavg()[0]:.1f} after, on {os.cpu_count()} cores"
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    page = PAGE.format(count=EVENTS, rounds=rounds, table=_table(rows), machine=machine, load=load)
    (results / "peers.md").write_text(page, "utf-8")
    sys.stdout.write(page)


def _table(rows: dict[str, list[dict]]) -> str:
    rates = {name: median(one["cpu_rate"] for one in some) for name, some in rows.items()}
    ours = {name: rate for name, rate in rates.items() if name.startswith("atmx")}
    whole, fast = (next(rate for name, rate in ours.items() if word in name) for word in ("whole", "taker"))
    lines = [
        "| engine | events a CPU second | events a second | orders | our kernel to it | our compiled kernels to it |",
        "|---|---|---|---|---|---|",
    ]
    for name, some in rows.items():
        wall = median(one["rate"] for one in some)
        lines.append(
            f"| {name} | {rates[name]:,.0f} | {wall:,.0f} | {some[0].get('orders', 0)} | {whole / rates[name]:.2f}× "
            f"| {fast / rates[name]:.2f}× |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 5)
