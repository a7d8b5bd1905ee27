"""Options and perpetuals over a restart: the ledger folds their fills back into the same positions and cash."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.core import codec
from engine.core.effects import Keep
from engine.core.events import Marked, Opened
from engine.core.ids import DERIBIT
from engine.core.snapshot import Snapshot
from engine.core.units import Leg, Nanos
from engine.kernel.options import holding, sensing
from engine.sandbox.option_market import PERPETUAL
from engine.store import database, ledger, load, migrations, statements
from tests.engine.kernel.options.world import World, call, put

if TYPE_CHECKING:
    from pathlib import Path

    from engine.core.effects import AnyEffect
    from engine.core.events import Event


class Kept(World):
    """A world whose rows are written to a ledger at once."""

    def __init__(self, path: Path) -> None:
        migrations.apply(path)
        self.path = path
        self._connection = database.connect(path, full=False)
        ledger.prepare(self._connection)
        super().__init__()

    def _keep(self, event: Event, effects: list[AnyEffect]) -> None:  # type: ignore[override]
        super()._keep(event, effects)
        for effect in effects:
            if isinstance(effect, Keep):
                ledger.check(effect.rows)
                ledger.write(self._connection, effect.rows)
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()


def traded(world: World) -> None:
    """Trade through zero and back, and settle one."""
    for one in (call(), put(), call(70_000)):
        world.ready(one)
    world.ready(PERPETUAL, "60000")
    world.buy(call(), "2")
    world.sell(call(), "3")
    world.sell(put(), "1")
    world.buy(call(70_000), "1")
    world.sell(PERPETUAL, "6000")
    world.ready(PERPETUAL, "58000", index=Decimal(58_000))
    world.buy(PERPETUAL, "9000")
    world.ready(put(), "0.0700")
    world.buy(put(), "0.4")
    world.settle(call(70_000), "61000")


@pytest.fixture
def kept(tmp_path: Path):
    with closing(Kept(tmp_path / "ledger-paper.db")) as world:
        traded(world)
        yield world


def test_positions_cash_and_results_are_what_they_were(kept: Kept) -> None:
    found = load.load(kept.path, Snapshot(profile="test", mode="paper", account_name="desk"))
    again = World(
        held=found.held, listings=found.listings, fills=found.fills, venue_fills=found.venue_fills,
        venue_cash=((DERIBIT, kept.cash),),
    )  # fmt: skip
    for one in (call(), put(), PERPETUAL, call(70_000)):
        for leg in Leg:
            assert again.state.book.get(one, leg) == kept.state.book.get(one, leg), (one, leg)
    assert again.state.book.realised == kept.state.book.realised
    assert again.state.book.fees == kept.state.book.fees
    assert list(again.state.options.held) == [call(), put(), PERPETUAL]
    assert holding.signed(again.state, call()) == -1
    assert holding.signed(again.state, PERPETUAL) == 3_000
    assert sensing.total(again.state, "BTC") is None  # no mark has come yet
    assert again.state.venue_loss > 0  # what was paid, until it can be reckoned
    moved = dict(found.venue_cash)[DERIBIT]
    assert moved == kept.cash - 100_000  # of the ledger's own double entry, which had no deposit here


def test_statements_close_lots_for_what_was_realised(kept: Kept) -> None:
    with database.reader(kept.path) as connection:
        gains = statements.gains(connection)
        made = sum((one.closed.gain for one in gains), Decimal(0))
        days = statements.days(connection)
    opened = sum((p.fees for _, _, p in kept.state.book.every()), Decimal(0))
    assert float(made) == pytest.approx(float(kept.state.book.realised - opened), abs=70)  # fees of what is still open
    symbols = {(one.symbol, one.leg) for one in gains}
    assert (call().symbol, "YES") in symbols
    assert (put().symbol, "NO") in symbols
    assert (PERPETUAL.symbol, "NO") in symbols
    account = [line for line in days if line.account == f"you@{DERIBIT}"]
    assert sum((line.trades + line.fees + line.settlements for line in account), Decimal(0)) == kept.cash - 100_000


def test_a_mark_and_an_old_journal_without_one_are_read(kept: Kept) -> None:
    bodies = [body for body, _ in kept.journal if isinstance(codec.decode(body), Marked)]
    assert len(bodies) == 6
    assert codec.encode(codec.decode(bodies[0])) == bodies[0]
    old = codec.encode(Opened(at=Nanos(1), snapshot=Snapshot(profile="x", mode="paper", account_name="x")))
    assert b"assets" not in old  # so a journal of before says the same
    assert codec.decode(old).snapshot.assets == ()  # type: ignore[union-attr]
