"""Switch the Up/Down strategies of a demo profile to paper before its next start: `shots.sh` pictures them at work.

python packaging/paper_on.py PROFILE
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.core.effects import Row
from engine.store.writer import Writer

STATES = {
    "latency_arb": "paper", "certainty_capture": "paper", "convexity_fade": "shadow", "strike_misalign": "paper",
    "lp_extreme": "paper",
}  # fmt: skip


def main(folder):
    trouble = []
    writer = Writer(
        folder / "ledger-paper.db", None, on_kept=lambda *_: None, on_trouble=lambda *told: trouble.append(told)
    )
    writer.start()
    rows = [Row("strategies", {"name": n, "state": s, "halted": "", "halted_at": 0}) for n, s in STATES.items()]
    writer.keep(tuple(rows), "")
    if not writer.stop() or trouble:
        raise SystemExit(f"the strategies of {folder} were not switched: {trouble}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
