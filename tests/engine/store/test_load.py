from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.effects import Row
from engine.core.errors import StoreDamaged
from engine.core.events import StatusChanged
from engine.core.ids import KALSHI, InstrumentId
from engine.core.reading import Reading, ReportKind
from engine.core.snapshot import CashRow, JournalRow
from engine.core.units import DAY, Leg, Side
from engine.kernel import journal
from engine.store import database, ledger, load, migrations
from engine.views import topics
from tests.engine.kernel.venue import SYMBOLS, Session, opened
from tests.faults.work import CONTRACT, MARKET, POT, SESSION, START, Work, amounts, cash, market_row, opening, order_row


@pytest.fixture
def path(tmp_path):
    """A ledger with a market and deposits."""
    path = tmp_path / "ledger-paper.db"
    migrations.apply(path)
    write(path, *opening())
    return path


def write(path, *rows):
    connection = database.connect(path, full=True)
    ledger.prepare(connection)
    ledger.check(rows)
    ledger.write(connection, rows)
    connection.close()


def trade(seq, account, leg, side, qty, cost, fee="0"):
    paid, got = (f"-{cost}", cost) if side == "buy" else (cost, f"-{cost}")
    values = {
        "seq": seq, "at": START + seq, "market": MARKET, "account": account, "outcome": 0, "leg": leg, "side": side,
        "qty": qty, "cost": cost, "fee": fee, "order_id": f"o-{seq}", "intent": "", "before": 5000, "after": 5000 + seq,
    }  # fmt: skip
    lines = [(account, paid, "cost"), (POT, got, "cost")]
    if fee != "0":
        lines += [(account, f"-{fee}", "fee"), ("fees", fee, "fee")]
    return (Row("trades", values), *cash(START + seq, f"o-{seq}", *lines))


def change(path, statement):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def test_an_empty_ledger_changes_nothing_of_the_session(tmp_path):
    path = tmp_path / "ledger.db"
    migrations.apply(path)
    known = load.load(path, SESSION)
    assert len(known.salt) == 2 * migrations.SALT_BYTES
    assert known == msgspec.structs.replace(SESSION, salt=known.salt)


def test_cash_is_summed_and_pots_belong_to_their_markets(path):
    known = load.load(path, SESSION)
    assert amounts(known)["you"] == Decimal(100_000)
    assert amounts(known)["house"] == Decimal("99930.685281")
    assert set(amounts(known)) == {"you", "house", "sim-01", "sim-02", "sim-03"}
    assert known.markets[0].pot == Decimal("69.314719")
    assert known.markets[0].contract == CONTRACT


def test_trades_are_folded_at_average_cost(path):
    write(path, *trade(1, "you", "YES", "buy", "10", "4.000000", "0.050000"))
    write(path, *trade(2, "you", "YES", "buy", "30", "20.000000"))
    write(path, *trade(3, "you", "YES", "sell", "20", "14.000000"))
    write(path, *trade(4, "sim-01", "NO", "buy", "5", "3.000000"))
    known = load.load(path, SESSION)
    yes, no = known.holdings
    assert (yes.account, yes.leg, yes.qty, yes.cost, yes.realised, yes.fees) == (
        "you", Leg.YES, Decimal(20), Decimal("12.000000"), Decimal("2.000000"), Decimal("0.050000"),
    )  # fmt: skip
    assert (no.account, no.leg, no.qty, no.cost) == ("sim-01", Leg.NO, Decimal(5), Decimal(3))
    market = known.markets[0]
    assert market.sold == (Decimal(20), Decimal(5))
    assert (market.trades, market.volume, market.last_ticks) == (4, Decimal(65), 5004)
    assert (known.next_trade, amounts(known)["fees"]) == (5, Decimal("0.050000"))


def test_what_a_settlement_paid_is_net_of_what_a_ruling_took_back(path):
    pays = [("you", "7", "payout"), (POT, "-7", "payout"), ("house", "60", "remainder"), (POT, "-60", "remainder")]
    back = [(a, amount[1:] if amount[0] == "-" else f"-{amount}", "clawback") for a, amount, _ in pays]
    again = [("sim-01", "9", "payout"), (POT, "-9", "payout"), ("house", "58", "remainder"), (POT, "-58", "remainder")]
    write(path, *cash(START, MARKET, *pays), *cash(START, MARKET, *back), *cash(START, MARKET, *again))
    write(path, market_row("settled", 0, 1))
    market = load.load(path, SESSION).markets[0]
    assert market.payouts == (
        CashRow(account="house", amount=Decimal(58)),
        CashRow(account="sim-01", amount=Decimal(9)),
        CashRow(account="you", amount=Decimal(0)),
    )
    assert (market.winner, market.record) == (0, 1)


def test_open_orders_are_all_there_and_of_ended_ones_the_last_hundred(path):
    write(path, order_row(1, START, "working"), *(order_row(n, START, "filled") for n in range(2, 203)))
    orders = load.load(path, SESSION).orders
    assert [order.id for order in orders] == ["o-000001", *(f"o-{n:06d}" for n in range(103, 203))]
    assert load.load(path, SESSION).next_order == 203


def test_the_journal_knows_what_an_order_filled_that_the_session_does_not_start_with(path):
    instrument = InstrumentId(KALSHI, SYMBOLS[0])

    def entry(number, **more):
        given = {"at": START, "who": "ticket", "instrument": instrument, "side": Side.BUY, "leg": Leg.YES}
        return journal.row(
            JournalRow(order=f"o-{number:06d}", **given | {"qty": Decimal(10), "filled": Decimal(0)} | more)
        )

    done = {"filled": "10", "average": "0.48", "fee": "0.17", "venue": KALSHI, "symbol": SYMBOLS[0]}
    write(path, order_row(1, START, "filled", **done), entry(1))
    write(path, order_row(2, START, "filled", **done), entry(2, paid=1.0, filled=Decimal(4), average=0.5))
    write(path, *(order_row(n, START, "filled") for n in range(3, 203)))
    open_, scored = load.load(path, SESSION).journal
    assert (open_.filled, open_.average, open_.fee) == (10, 0.48, Decimal("0.17"))
    assert (scored.filled, scored.average, scored.fee) == (4, 0.5, 0)
    again = Session(opened(journal=(open_,)))
    again.do(StatusChanged(at=again.at, instrument=instrument, status="settled", result="yes"))
    (line,) = again.kernel.view(topics.JOURNAL).rows
    assert line.result == pytest.approx(5.2 - 0.17)


def test_of_older_readings_only_those_that_a_market_still_needs_are_read(path):
    def reading(at, station="KMDW"):
        one = Reading(station=station, measured_at=at, kind=ReportKind.ROUTINE, source="IEM", raw=f"{at}")
        body = msgspec.json.encode(one).decode()
        values = {"station": station, "measured_at": at, "kind": "routine", "source": "IEM", "raw": one.raw}
        return Row("readings", values | {"body": body}), one

    late, early, other = reading(START + 5), reading(START - 2 * DAY), reading(START - 2 * DAY, "KORD")
    write(path, late[0], early[0], other[0])
    assert load.load(path, SESSION).readings == (late[1],)
    write(path, market_row("settled", 0, 0))
    assert load.load(path, SESSION).readings == (late[1],)  # a ruling would seal them again


def test_the_kill_switch_and_the_limits_survive(path):
    facts = {"halted": "you", "halted_why": "lunch", "halted_at": "5", "reduce_only": "1", "limit:LOSS": "250.5"}
    write(path, *(Row("meta", {"key": key, "value": value}) for key, value in facts.items()))
    known = load.load(path, SESSION)
    assert (known.halted, known.halted_why, known.halted_at, known.reduce_only) == ("you", "lunch", 5, True)
    assert known.limits == (("LOSS", Decimal("250.5")),)


def test_settlements_are_read_from_their_sealed_bodies(path):
    rows, _ = Work(7, SESSION).settlement(settled_at="2026-07-04T06:00:00.25Z", spread="0.1")
    write(path, *rows)
    known = load.load(path, SESSION)
    record = known.settlements[0]
    assert (record.seq, record.market, record.paid, record.supersedes) == (0, MARKET, Decimal("0.25"), None)
    assert (record.verdict.outcome, record.verdict.winner, record.verdict.value) == ("YES", 0, Decimal("3.1"))
    assert record.at % 1_000_000_000 == 250_000_000
    assert (known.chain_next, known.chain_head, known.chain_ok) == (1, record.hash, True)


def test_a_broken_chain_is_told_and_only_sound_records_are_read(path):
    work = Work(7, SESSION)
    for _ in range(3):
        write(path, *work.settlement()[0])
    change(path, "UPDATE settlements SET body = replace(body, 'YES', 'NO') WHERE seq = 1")
    known = load.load(path, SESSION)
    assert not known.chain_ok
    assert [record.seq for record in known.settlements] == [0]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cash SET amount = '100001' WHERE account = 'you'",
        "DELETE FROM cash WHERE seq = 3",
        "UPDATE cash SET amount = 'many' WHERE seq = 1",
        "UPDATE markets SET contract = '{}'",
        "UPDATE markets SET fee_rate = 'x'",
        "INSERT INTO meta VALUES ('limit:LOSS', 'x')",
    ],
)
def test_a_ledger_that_is_not_what_was_written_is_not_opened(statement, path):
    change(path, statement)
    with pytest.raises(StoreDamaged):
        load.load(path, SESSION)


def test_a_sale_of_more_than_was_held_is_damage(path):
    write(path, *trade(1, "you", "YES", "sell", "1", "0.500000"))
    with pytest.raises(StoreDamaged, match="cannot sell"):
        load.load(path, SESSION)


@given(st.lists(st.decimals(-(10**9), 10**9, places=6), max_size=30))
def test_what_was_kept_is_what_is_summed_to_the_last_unit(tmp_path_factory, moves):
    path = tmp_path_factory.mktemp("sum") / "ledger.db"
    migrations.apply(path)
    lines = [line for m in moves for line in (("you", f"{m:f}", "deposit"), ("outside", f"{-m:f}", "deposit"))]
    write(path, *cash(START, "", *lines))
    assert sum(amounts(load.load(path, SESSION)).values()) == sum(moves)


def test_what_was_earned_is_read_off_the_ledger_of_a_paper_desk_alone(tmp_path) -> None:
    path = tmp_path / "ledger-paper.db"
    assert load.earned(path) == ()
    migrations.apply(path)
    row = "INSERT INTO strategy_days VALUES ('s', 7, '1.5', '0.25', 2, 3, 10, 1, 0)"
    with closing(database.connect(path, full=True)) as connection, database.transaction(connection):
        connection.execute(row)
    assert load.earned(path) == (), "nobody says whose it is"
    for mode, count in (("demo", 0), ("paper", 1)):
        with closing(database.connect(path, full=True)) as connection, database.transaction(connection):
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('mode', ?)", (mode,))
        assert len(load.earned(path)) == count
    (found,) = load.earned(path)
    assert (found.realised, found.fees, found.asked, found.blind) == (Decimal("1.5"), Decimal("0.25"), 10, 1)
    old = Path(__file__).parents[2] / "old_ledgers" / "m003_strategies.db"
    assert load.earned(old) == (), "its own desk brings it up to date"
