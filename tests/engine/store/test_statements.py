"""Statements agree with the ledger to the last digit, day by day and account by account."""

from __future__ import annotations

import json
import random
from decimal import Decimal

import pytest

from engine.core.effects import Row
from engine.core.ids import InstrumentId, VenueId
from engine.core.units import DAY, HOUR, Leg, Nanos, Side
from engine.core.when import instant, iso
from engine.oracle import chain
from engine.portfolio.book import Book
from engine.portfolio.netting import Traded
from engine.store import database, history, ledger, load, migrations, statements

FIRST = instant("2026-07-02T22:00:00Z")
MARKET = "ATMX-1"


def cash(at, *moves):
    return [Row("cash", {"at": at, "account": a, "amount": str(v), "kind": k, "ref": r}) for a, v, k, r in moves]


def trade(seq, at, side, qty, cost, fee, outcome=0, leg="YES"):
    sign = -1 if side == "buy" else 1
    moved = sign * Decimal(cost)
    kind = "cost" if side == "buy" else "proceeds"
    values = {
        "seq": seq, "at": at, "market": MARKET, "account": "you", "outcome": outcome, "leg": leg, "side": side,
        "qty": qty, "cost": cost, "fee": fee, "order_id": f"o{seq}", "intent": "", "before": 0, "after": 0, "via": None,
    }  # fmt: skip
    lines = [("you", moved, kind, f"o{seq}"), (f"pot:{MARKET}", -moved, kind, f"o{seq}")]
    if Decimal(fee):
        lines += [("you", -Decimal(fee), "fee", f"o{seq}"), ("fees", Decimal(fee), "fee", f"o{seq}")]
    return [Row("trades", values), *cash(at, *lines)]


def fill(number, at, side, leg, qty, cost, fee, *, nets=1, venue="kalshi", how="", paper=True, moved=None):
    trade_id = f"{venue}{how}:{number}"
    moved = Decimal(moved) if moved else Decimal(cost) * (1 if side == "sell" else -1)
    kind = "payout" if how else "trade"
    values = {
        "trade_id": trade_id, "order_id": f"v{number}", "at": at, "venue": venue, "symbol": "KX", "side": side,
        "leg": leg, "price": "0.4", "qty": qty, "cost": cost, "fee": fee, "realised": "0", "slippage": None, "tag": "",
        "nets": nets, "maker": 0,
    }  # fmt: skip
    rows = [Row("fills", values)]
    if paper:
        lines = [(f"you@{venue}", moved, kind, trade_id), (f"market@{venue}", -moved, kind, trade_id)]
        if Decimal(fee):
            lines += [
                (f"you@{venue}", -Decimal(fee), "fee", trade_id),
                (f"fees@{venue}", Decimal(fee), "fee", trade_id),
            ]
        rows += cash(at, *lines)
    return rows


def record(seq, at, winner):
    payload = {"market": MARKET, "settled_at": iso(at), "winner": winner, "payouts": []}
    body = json.dumps({"payload": payload, "prev": chain.GENESIS, "seq": seq, "v": 1})
    return Row("settlements", {"seq": seq, "prev": chain.GENESIS, "hash": f"{seq:064d}", "body": body})


def market(status, winner):
    return Row(
        "markets",
        {
            "id": MARKET, "contract": "{}", "b": 100.0, "prior": "[]", "fee_rate": "0", "created_at": FIRST,
            "status": status, "winner": winner, "record": None, "phase": 1, "kind": None, "b_now": None,
            "counted": None,
        },
    )  # fmt: skip


def deposits():
    return cash(FIRST, ("you", "1000", "deposit", ""), ("outside", "-1000", "deposit", "")) + cash(
        FIRST, ("you@kalshi", "500", "deposit", ""), ("outside", "-500", "deposit", "")
    )


@pytest.fixture
def open_ledger(tmp_path):
    """Return what writes rows into a new ledger and hands back a connection that reads it."""
    path = tmp_path / "ledger.db"
    migrations.apply(path)
    opened = []

    def make(*rows, mode="paper"):
        connection = database.connect(path, full=False)
        ledger.prepare(connection)
        flat = [one for row in rows for one in (row if isinstance(row, list) else [row])]
        flat.append(Row("meta", {"key": "mode", "value": mode}))
        ledger.check(flat)
        with database.transaction(connection):
            ledger.write(connection, flat)
        opened.append(connection)
        return connection

    yield make
    for connection in opened:
        connection.close()


def lines_of(connection, account):
    return [line for line in statements.days(connection) if line.account == account]


def check(connection):
    """Hold the statement against the ledger: cash, and cash against lots."""
    balances = load.balances(connection)
    for account in {line.account for line in statements.days(connection)} - {statements.ALL}:
        days = lines_of(connection, account)
        assert days[-1].closing == balances[account]
        before = None
        for line in days:
            moved = line.deposits + line.trades + line.fees + line.settlements + line.other
            assert line.closing == line.opening + moved
            if before is not None:
                assert (line.opening, line.day) == (before.closing, before.day + DAY)
            basis_before = 0 if before is None else before.open_basis
            worth = line.closing + line.open_basis - line.opening - basis_before
            assert worth == line.deposits + line.other + line.realised
            before = line
    gains = statements.gains(connection)
    assert sum(one.closed.gain for one in gains) == sum(
        line.realised for line in statements.days(connection) if line.account != statements.ALL
    )


def test_a_day_opens_with_what_the_day_before_closed_with(open_ledger):
    next_day = Nanos(FIRST + 26 * HOUR)
    connection = open_ledger(
        market("open", None),
        deposits(),
        trade(1, FIRST, "buy", "10", "4.00", "0.07"),
        trade(2, next_day, "sell", "4", "2.00", "0.03"),
    )
    one, two, three = lines_of(connection, "you")
    assert (one.opening, one.deposits, one.trades, one.fees, one.closing) == (
        0, 1000, Decimal("-4.00"), Decimal("-0.07"), Decimal("995.93"),
    )  # fmt: skip
    assert (two.opening, two.closing, two.open_basis) == (Decimal("995.93"), Decimal("995.93"), Decimal("4.07"))
    assert three.realised == Decimal("1.97") - Decimal("4.07") * 4 / 10
    check(connection)


@pytest.mark.parametrize(
    ("winner", "status", "paid", "gain"),
    [
        (0, "settled", "10", "3.93"),
        (1, "settled", "5", "-1.07"),
        (None, "void", "6.00", "-0.07"),
    ],
)
def test_a_settlement_closes_every_lot_at_what_it_paid(open_ledger, winner, status, paid, gain):
    later = Nanos(FIRST + 3 * HOUR)
    kind = "payout" if status == "settled" else "refund"
    connection = open_ledger(
        market(status, winner),
        deposits(),
        trade(1, FIRST, "buy", "10", "4.00", "0.07"),
        trade(2, FIRST, "buy", "5", "2.00", "0", leg="NO"),
        record(0, later, winner),
        cash(later, ("you", paid, kind, MARKET), (f"pot:{MARKET}", f"-{paid}", kind, MARKET)),
    )
    gains = statements.gains(connection)
    assert sum(one.closed.gain for one in gains) == Decimal(gain)
    assert {one.closed.how for one in gains} == {"settled" if winner is not None else "void"}
    assert sum(one.closed.qty for one in gains) == 15
    assert lines_of(connection, "you")[-1].open_basis == 0
    check(connection)


@pytest.mark.parametrize(("sold", "refund"), [("0", "4.00"), ("4", "2.40"), ("10", "0")])
def test_the_fees_of_a_void_market_come_back_with_what_is_held_or_without(open_ledger, sold, refund):
    later, fees = Nanos(FIRST + 3 * HOUR), "0.07" if sold == "0" else "0.10"
    rows = [trade(2, FIRST, "sell", sold, str(Decimal(sold) * 4 / 10), "0.03")] if sold != "0" else []
    if refund != "0":
        rows.append(cash(later, ("you", refund, "refund", MARKET), (f"pot:{MARKET}", f"-{refund}", "refund", MARKET)))
    connection = open_ledger(
        market("void", None), deposits(), trade(1, FIRST, "buy", "10", "4.00", "0.07"), record(0, later, None), *rows,
        cash(later, ("you", fees, "fee", MARKET), ("fees", f"-{fees}", "fee", MARKET)),
    )  # fmt: skip
    assert sum(one.closed.gain for one in statements.gains(connection)) == 0
    assert lines_of(connection, "you")[-1].open_basis == 0
    assert sum(line.fees for line in lines_of(connection, "you")) == 0
    check(connection)


def test_what_paid_nothing_is_a_loss_of_the_day_it_was_settled(open_ledger):
    later = Nanos(FIRST + 3 * HOUR)
    connection = open_ledger(
        market("settled", 1), deposits(), trade(1, FIRST, "buy", "10", "4.00", "0.07"), record(0, later, 1)
    )
    (gain,) = statements.gains(connection)
    assert (gain.closed.closed_at, gain.closed.proceeds, gain.closed.gain) == (later, 0, Decimal("-4.07"))
    check(connection)


def test_a_settlement_that_was_taken_back_and_made_again_counts_as_it_ended(open_ledger):
    later = Nanos(FIRST + 3 * HOUR)
    moves = [("you", "10", "payout", MARKET), ("you", "-10", "clawback", MARKET), ("you", "0.5", "payout", MARKET)]
    rows = [cash(later, one, (f"pot:{MARKET}", str(-Decimal(one[1])), one[2], MARKET)) for one in moves]
    connection = open_ledger(
        market("settled", 1), deposits(), trade(1, FIRST, "buy", "10", "4.00", "0"), record(0, later, 0),
        record(1, later, 1), *rows,
    )  # fmt: skip
    assert sum(one.closed.gain for one in statements.gains(connection)) == Decimal("-3.5")
    check(connection)


def test_a_venue_that_nets_closes_yes_by_buying_no(open_ledger):
    connection = open_ledger(
        deposits(),
        fill(1, FIRST, "buy", "YES", "10", "4.00", "0.17"),
        fill(2, Nanos(FIRST + HOUR), "buy", "NO", "15", "7.50", "0.20", moved="2.50"),  # 10 pairs were paid out
        fill(3, Nanos(FIRST + 5 * HOUR), "sell", "NO", "5", "0", "0", how=":settled:KX:NO"),
    )
    sold, settled = statements.gains(connection)
    assert (sold.leg, sold.closed.qty, sold.closed.how) == ("YES", 10, "sold")
    assert sold.closed.gain == Decimal("5.00") - Decimal("0.20") - Decimal("4.17")
    assert (settled.leg, settled.closed.qty, settled.closed.how, settled.closed.proceeds) == ("NO", 5, "settled", 0)
    assert settled.account == "you@kalshi"
    check(connection)


def test_a_venue_without_netting_keeps_both_legs(open_ledger):
    connection = open_ledger(
        deposits(),
        fill(1, FIRST, "buy", "YES", "10", "4.00", "0.17", nets=0),
        fill(2, FIRST, "sell", "YES", "3", "1.50", "0.05", nets=0),
        fill(3, Nanos(FIRST + 40 * HOUR), "sell", "YES", "7", "7.00", "0", nets=0, how=":settled:KX:YES"),
    )
    check(connection)
    days = lines_of(connection, "you@kalshi")
    assert [line.settlements for line in days] == [0, 0, Decimal("7.00")]
    assert [line.fills for line in days] == [2, 0, 0]


def test_live_balances_are_the_venues_own_and_not_ours_to_state(open_ledger):
    connection = open_ledger(
        fill(1, FIRST, "buy", "YES", "10", "4.00", "0.17", paper=False),
        fill(2, Nanos(FIRST + HOUR), "sell", "YES", "4", "4", "0", how=":settled:KX:YES", paper=False),
        fill(3, Nanos(FIRST + HOUR), "buy", "NO", "6", "3.00", "0", paper=False),
        mode="live",
    )
    (line,) = [line for line in statements.days(connection) if line.account == "you@kalshi"]
    assert (line.opening, line.closing) == (None, None)
    assert (line.trades, line.fees, line.settlements) == (Decimal("-1.00"), Decimal("-0.17"), 4)
    assert line.realised == Decimal("2.83")


def test_what_was_found_on_a_venue_is_no_trade_and_a_fill_taken_back_is_none(open_ledger):
    (gone,) = fill(3, FIRST, "buy", "YES", "5", "2.50", "0.10", paper=False)
    back = [
        Row("fills", gone.values | {"trade_id": f"{gone.values['trade_id']}:reversed", "side": "sell", "fee": "-0.10"})
    ]
    connection = open_ledger(
        fill(1, FIRST, "buy", "YES", "10", "4.00", "0.17", paper=False),
        fill(2, FIRST, "buy", "YES", "20", "9.00", "0", how=":reconciled:KX:YES", paper=False),
        [gone],
        back,
        mode="live",
    )
    (line,) = [line for line in statements.days(connection) if line.account == "you@kalshi"]
    assert (line.trades, line.fees, line.fills) == (Decimal("-4.00"), Decimal("-0.17"), 1)
    assert line.open_basis - line.realised == Decimal("13.17"), "the shares are there, at what they were booked at"


def back(row: Row) -> Row:
    undone = {"trade_id": f"{row.values['trade_id']}:reversed", "fee": f"-{row.values['fee']}"}
    return Row("fills", row.values | undone | {"side": "sell" if row.values["side"] == "buy" else "buy"})


def test_a_fill_that_was_taken_back_closes_no_lot_and_is_none(open_ledger):
    first, gone, sold = (
        fill(n, Nanos(FIRST + n), side, "YES", qty, cost, "0.10", paper=False)[0]
        for n, side, qty, cost in ((1, "buy", "10", "4.00"), (2, "buy", "10", "6.00"), (3, "sell", "4", "2.00"))
    )
    connection = open_ledger(first, gone, back(gone), sold, mode="live")
    (one,) = statements.gains(connection)
    assert (one.closed.qty, one.closed.basis, one.closed.gain) == (4, Decimal("1.64"), Decimal("0.26"))
    (line,) = [line for line in statements.days(connection) if line.account == "you@kalshi"]
    assert (line.trades, line.fees, line.fills) == (Decimal("-2.00"), Decimal("-0.20"), 2)
    assert (line.realised, line.open_basis) == (Decimal("0.26"), Decimal("2.46"))


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_taken_back_the_statement_adds_up_to_the_money_and_to_what_the_ledger_holds(open_ledger, seed):
    chance, nets, book = random.Random(seed), seed % 2, Book()
    instrument, rows, stands = InstrumentId(VenueId("kalshi"), "KX"), [], []
    for number in range(chance.randint(2, 14)):
        at = Nanos(FIRST + number * HOUR)
        if stands and chance.random() < 0.3:
            row, realised = stands.pop(chance.randrange(len(stands)))
            row = back(row)
            done = book.undo(instrument, traded_of(row), Decimal(row.values["fee"]), -realised, nets=nets)
        else:
            side, leg = chance.choice(["buy", "sell"]), chance.choice(["YES", "NO"])
            qty = chance.randint(1, 20)
            cost = str(Decimal(qty * chance.randint(1, 99)) / 100)
            (row,) = fill(number, at, side, leg, str(qty), cost, "0.02", nets=nets, paper=False)
            done = book.trade(instrument, traded_of(row), Decimal("0.02"), nets=nets)
            stands.append((row, done.realised))
        rows.append(Row("fills", row.values | {"at": at, "realised": str(done.realised)}))
    connection = open_ledger(*rows, mode="live")
    held = {(one.leg, one.qty, one.cost, one.realised) for one in history.held(connection) if one.qty}
    assert held == {(leg, one.qty, one.cost, one.realised) for _, leg, one in book.held()}
    lines = lines_of(connection, "you@kalshi")
    money = sum(line.trades + line.fees for line in lines)
    gains = sum(one.closed.gain for one in statements.gains(connection))
    assert money == gains - lines[-1].open_basis
    assert money == book.realised - book.fees - sum(one.cost for _, _, one in book.held())


def traded_of(row: Row) -> Traded:
    told = row.values
    cost = Decimal(told["cost"])
    return Traded(Side(told["side"]), Leg(told["leg"]), Decimal(told["qty"]), cost, Decimal(told["price"]))


def test_marks_are_the_last_of_the_day_and_of_the_whole_book(open_ledger):
    rows = [
        Row("pnl", {"at": at, "realised": "1", "unrealised": str(n), "fees": "0.1"})
        for n, at in enumerate((FIRST, FIRST + HOUR, FIRST + 3 * HOUR))
    ]
    marks = lines_of(open_ledger(deposits(), *rows), statements.ALL)
    assert [(line.unrealised, line.marked_at) for line in marks] == [(1, FIRST + HOUR), (2, FIRST + 3 * HOUR)]


def test_an_empty_ledger_states_nothing(open_ledger):
    connection = open_ledger()
    assert (statements.days(connection), statements.gains(connection)) == ([], [])
