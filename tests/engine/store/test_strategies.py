"""What is kept of strategies, through a real ledger: rows as the kernel writes them, and what a session starts with."""

from __future__ import annotations

from decimal import Decimal

from engine.core.commands import StrategyState
from engine.core.ids import KALSHI, InstrumentId
from engine.core.snapshot import ParameterRow, StrategyHeldRow, StrategyRow
from engine.core.units import DAY, Leg
from engine.kernel.strategies import keeping
from engine.store import load, migrations
from engine.store.writer import Writer
from tests.engine.kernel.strategies.desk import NAME, ONE, Running, books
from tests.faults.work import SESSION


def kept(path, *keeps) -> load.Snapshot:
    migrations.apply(path)
    trouble = []
    writer = Writer(path, None, on_kept=lambda *_: None, on_trouble=lambda *told: trouble.append(told))
    writer.start()
    for rows in keeps:
        writer.keep(rows, "")
    assert writer.stop()
    assert trouble == []
    return load.load(path, SESSION)


def test_a_ledger_gives_back_what_the_kernel_kept(tmp_path):
    session = Running()
    session.told("limit", "3950")
    session.switch("shadow")
    session.switch("paper")
    session.quote(books(3_800, 3_900))
    session.run(1)
    order = session.orders()[0]
    session.trade(order, 5, Decimal("0.05"))
    session.run(1)
    keeps = [
        tuple(keeping.Row(table, values) for values in rows.values())
        for table, rows in session.ledger.strategies.items()
    ]
    keeps.append((keeping.Row("orders", session.ledger.orders[order.id]),))
    found = kept(tmp_path / "ledger-paper.db", *keeps)
    assert found.strategies == (StrategyRow(name=NAME, state="paper", halted="", halted_at=None),)
    assert found.parameters == (ParameterRow(strategy=NAME, name="limit", value="3950"),)
    (day,) = found.strategy_days
    assert (day.strategy, day.day, day.realised, day.fees, day.fills, day.orders) == (
        NAME, session.at // DAY, 0, Decimal("0.05"), 1, 1
    )  # fmt: skip
    held = StrategyHeldRow(strategy=NAME, instrument=ONE, leg=Leg.YES, qty=Decimal(5), cost=Decimal("1.95"))
    assert found.strategy_held == (held,)
    assert [one.strategy for one in found.orders] == [NAME]


def test_a_flat_position_is_not_given_back_and_a_halt_is(tmp_path):
    session = Running()
    session.seat.halted, session.seat.halted_at = "31 fills within 60 s", session.at
    session.seat.state = StrategyState.PAPER
    flat = keeping.held(session.seat, InstrumentId(KALSHI, "X"), Leg.NO)
    found = kept(tmp_path / "ledger-paper.db", (keeping.row(session.seat), flat))
    assert found.strategy_held == ()
    assert found.strategies[0].halted == "31 fills within 60 s"
    assert found.strategies[0].halted_at == session.at
