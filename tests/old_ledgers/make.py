"""Makes the ledgers of this folder: one for each schema that was ever released, never made again once it was.

python -m tests.old_ledgers.make
"""

from __future__ import annotations

from pathlib import Path

from engine.store import migrations
from engine.store.writer import Writer
from tests.faults.work import SESSION, Work, opening

HERE = Path(__file__).parent


def make(name: str) -> Path:
    """Write a ledger of today's schema: 20 trades and 3 settlement records."""
    path = HERE / f"{name}.db"
    migrations.apply(path)
    writer = Writer(path, None, on_kept=_ignore, on_trouble=_ignore)
    writer.start()
    writer.keep(opening(), "")
    work = Work(1, SESSION)
    for number in range(23):
        writer.keep(*(work.settlement() if number % 8 == 7 or number == 22 else work.bought()))
    if not writer.stop():
        msg = f"{path} was not written"
        raise RuntimeError(msg)
    return path


def _ignore(*_: object) -> None:
    return


if __name__ == "__main__":
    latest = migrations.names()[-1]
    print(make(latest))
