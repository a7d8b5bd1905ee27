from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from engine.core import codec
from engine.core.commands import Cancel, Halt, ReduceOnly, Release, Role, SelfTest, SetLimit, TakeRole, Tif
from engine.core.effects import Changed, Level
from engine.core.events import Asked, ChainChecked, Kept, StoreChanged
from engine.core.order import Status
from engine.core.snapshot import PnlPoint
from engine.core.units import HOUR, MINUTE, Leg, Nanos, Side
from engine.core.when import iso
from engine.kernel import control
from engine.risk.gates import GATES
from engine.risk.measures import PASSES
from engine.views import topics
from engine.views.account import GatesView
from engine.views.status import SpineView
from tests.engine.kernel.desk import DAY_OPENS, FRESH, NOON, Desk, rain
from tests.engine.kernel.venue import FAMILY, SYMBOLS, Session, opened


@pytest.fixture
def desk() -> Desk:
    """A session with the rain market open."""
    made = Desk()
    made.list()
    return made


def meta(desk: Desk) -> dict[str, object]:
    """What the ledger knows of the session itself."""
    return {r.values["key"]: r.values["value"] for keep in desk.rows for r in keep.rows if r.table == "meta"}  # type: ignore[misc]


def spine(desk: Desk):
    return desk.kernel.view(topics.SPINE)


def test_a_halt_stops_opening_is_kept_and_named(desk: Desk) -> None:
    desk.ask(Halt(why="lunch"))
    kept = {"halted": "you", "halted_why": "lunch", "halted_at": str(desk.at)}
    assert meta(desk) | kept == meta(desk)
    assert (spine(desk).halted_by, spine(desk).halted_why, spine(desk).halted_at) == ("you", "lunch", desk.at)
    assert (desk.said[-1].level, desk.said[-1].text) == (Level.DANGER, "HALTED by you: lunch")
    assert desk.place(qty=1).status is Status.REFUSED
    assert desk.gate("KILL").state == "REFUSING"
    assert desk.kernel.view(topics.ladder("RAIN/0")).state == "halted"


def test_a_second_halt_keeps_the_first_one_s_name(desk: Desk) -> None:
    desk.ask(Halt(why="lunch"))
    desk.ask(Halt(why="again"))
    assert spine(desk).halted_why == "lunch"
    assert desk.said[-1].text == "already halted by you"


@pytest.mark.parametrize("typed", ["", "Paper", "paper account", "pape"])
def test_a_halt_stays_until_the_account_s_name_is_typed(desk: Desk, typed: str) -> None:
    desk.ask(Halt(why="lunch"))
    desk.ask(Release(typed=typed))
    assert spine(desk).halted_by == "you"
    assert desk.place(qty=1).status is Status.REFUSED
    desk.ask(Release(typed=" paper ", why="back"))
    assert spine(desk).halted_by == ""
    assert desk.said[-1].text == "the halt by you was ended (back)"
    assert meta(desk)["halted"] == ""
    assert desk.place(qty=1).status is Status.FILLED


def test_without_a_halt_there_is_nothing_to_end(desk: Desk) -> None:
    desk.ask(Release(typed="paper"))
    assert desk.said[-1].text == "trading is not halted"


def test_a_halt_survives_a_restart() -> None:
    kept = {"halted": "KILL file", "halted_why": "away", "halted_at": NOON, "reduce_only": True}
    again = Desk(msgspec.structs.replace(FRESH, **kept))
    again.list()
    assert (spine(again).halted_by, spine(again).halted_why, spine(again).halted_at) == ("KILL file", "away", NOON)
    assert spine(again).reduce_only
    assert again.place(qty=1).why.startswith("KILL — trading is halted by KILL file")


def test_reduce_only_lets_sales_pass_and_is_kept(desk: Desk) -> None:
    desk.place(qty=10)
    desk.ask(ReduceOnly(on=True))
    assert meta(desk)["reduce_only"] == "1"
    assert desk.place(qty=1).why.startswith("REDUCE_ONLY")
    assert desk.place(Side.SELL, qty=4).status is Status.FILLED
    keeps = len(desk.rows)
    desk.ask(ReduceOnly(on=True))
    assert len(desk.rows) == keeps
    desk.ask(ReduceOnly(on=False))
    assert meta(desk)["reduce_only"] == "0"
    assert desk.place(qty=1).status is Status.FILLED


def test_a_limit_is_tightened_with_a_position_and_loosened_only_flat(desk: Desk) -> None:
    desk.place(qty=10)
    desk.ask(SetLimit(gate="ORDER_QTY", value=Decimal(100)))
    assert meta(desk)["limit:ORDER_QTY"] == "100"
    desk.ask(SetLimit(gate="ORDER_QTY", value=Decimal(200), why="larger account"))
    assert desk.state.limits["ORDER_QTY"] == 100
    assert (desk.said[-1].code, desk.said[-1].level) == ("ORDER_QTY", Level.WARN)
    desk.place(Side.SELL, qty=10)
    desk.ask(SetLimit(gate="ORDER_QTY", value=Decimal(200)))
    assert desk.state.limits["ORDER_QTY"] == 100
    desk.ask(SetLimit(gate="ORDER_QTY", value=Decimal(200), why=" larger account "))
    assert desk.state.limits["ORDER_QTY"] == 200
    assert (meta(desk)["limit:ORDER_QTY"], meta(desk)["limit_why:ORDER_QTY"]) == ("200", "larger account")
    assert desk.said[-1].text == "ORDER_QTY was 100 and is 200 (larger account)"


def test_a_working_order_keeps_a_limit_from_being_loosened(desk: Desk) -> None:
    desk.list(rain("NEXT"), phase=2)
    resting = desk.place(qty=5, price=2_000, market="NEXT", tif=Tif.GTC)
    assert resting.status is Status.WORKING
    desk.ask(SetLimit(gate="AT_RISK", value=desk.state.limits["AT_RISK"] + 1, why="more"))
    assert desk.said[-1].text.endswith("(orders work, or their fate is not known)")
    desk.ask(SetLimit(gate="AT_RISK", value=Decimal(50)))
    assert desk.state.limits["AT_RISK"] == 50
    desk.ask(Cancel(order=resting.id))
    desk.ask(SetLimit(gate="AT_RISK", value=Decimal(60), why="nothing works any more"))
    assert desk.state.limits["AT_RISK"] == 60


def test_a_live_account_that_is_not_reconciled_is_not_known_to_be_flat() -> None:
    session = Session(opened("live"))
    session.drop()
    session.ask(SetLimit(gate="ORDER_QTY", value=Decimal(300), why="a larger account"))
    assert session.state.limits["ORDER_QTY"] == 250
    assert "is not reconciled" in session.said[-1].text
    session.ask(SetLimit(gate="ORDER_QTY", value=Decimal(100)))
    assert session.state.limits["ORDER_QTY"] == 100
    session.connect()
    session.run(5)
    session.ask(SetLimit(gate="ORDER_QTY", value=Decimal(120), why="looked at the account"))
    assert session.state.limits["ORDER_QTY"] == 120


def test_a_limit_tightened_before_the_balances_are_told_stays_tight() -> None:
    session = Session(opened("live"), ready=False)
    session.ask(SetLimit(gate="ORDER_QTY", value=Decimal(40)), gap=0.0)
    session.ask(SetLimit(gate="AT_RISK", value=Decimal(0)), gap=0.0)
    assert session.said[-1].text == "AT_RISK follows from balances that the venues have not told yet"
    assert shown(session) == (None, None, None, "—", None)
    session.ready()
    assert session.state.limits["ORDER_QTY"] == 40
    assert session.state.limits["AT_RISK"] == 1_500
    assert shown(session) == (1_500, -300, -800, "1500.00", 1_500)


def test_a_limit_that_was_kept_is_shown_before_the_balances_are_told() -> None:
    session = Session(opened("live", limits=(("AT_RISK", Decimal(70)),)), ready=False)
    limit, day, _, text, value = shown(session)
    assert (limit, day, text, value) == (70, None, "70.00", 70)


def shown(session: Session) -> tuple[object, ...]:
    """Return the limits that the strip shows, and what the gates say of the first of them."""
    view, gates = session.kernel.view(topics.SPINE), session.kernel.view(topics.GATES)
    assert isinstance(view, SpineView)
    assert isinstance(gates, GatesView)
    (row,) = [row for row in gates.rows if row.code == "AT_RISK"]
    return view.at_risk_limit, view.day_limit, view.week_limit, row.limit, row.value


def test_a_change_of_a_limit_replays_from_the_journal_with_its_reason() -> None:
    asked = Asked(
        at=Nanos(7), pressed_at=Nanos(9), command=SetLimit(gate="AT_RISK", value=Decimal("12.50"), why="a smaller week")
    )
    assert codec.decode(codec.encode(asked)) == asked


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "1000001"])
def test_a_limit_that_makes_no_sense_is_refused(desk: Desk, value: str) -> None:
    keeps = len(desk.rows)
    desk.ask(SetLimit(gate="ORDER_QTY", value=Decimal(value), why="because"))
    assert desk.state.limits["ORDER_QTY"] == 250
    assert len(desk.rows) == keeps


def test_roles_are_taken_and_said(desk: Desk) -> None:
    assert spine(desk).role == "operator"
    desk.ask(TakeRole(role=Role.TRADER))
    assert spine(desk).role == "trader"
    assert not desk.state.operator()
    assert desk.said[-1].text == "you acts as trader: may trade"


def test_the_disk_closes_all_trading_and_opens_it_again(desk: Desk) -> None:
    desk.place(qty=10)
    desk.do(StoreChanged(at=desk.at, ok=False, why="disk full"))
    assert desk.place(qty=1).why.startswith("STORAGE — ")
    assert desk.place(Side.SELL, qty=1).why.startswith("STORAGE — ")
    assert (spine(desk).storage_ok, desk.gate("STORAGE").state) == (False, "REFUSING")
    assert desk.kernel.view(topics.FEEDS).chips[0].state == "down"
    assert desk.kernel.view(topics.ladder("RAIN/0")).state == "stale"
    desk.do(StoreChanged(at=desk.at, ok=True))
    assert spine(desk).storage_ok
    assert desk.place(qty=2).status is Status.FILLED


def test_rows_that_can_never_be_written_halt_everything(desk: Desk) -> None:
    desk.holding = True
    order = desk.place(qty=10)
    desk.held.clear()
    desk.do(Kept(at=desk.at, what=f"failed:trade:{order.id}"))
    assert order.status is Status.SENT  # nobody knows, and nobody says
    assert (spine(desk).halted_by, spine(desk).storage_ok) == ("LEDGER", False)
    assert f"trade:{order.id} can never be written" in desk.said[-1].text
    assert desk.place(qty=1).status is Status.REFUSED


def test_a_chain_that_breaks_is_said_once_and_closes_trading(desk: Desk) -> None:
    bad = ChainChecked(at=desk.at, ok=False, records=3, proved=2, text="record 1 was changed")
    desk.do(bad)
    desk.do(bad)
    assert desk.codes().count("CHAIN") == 1
    assert desk.place(qty=1).why.startswith("CHAIN — ")
    assert desk.kernel.view(topics.SETTLEMENTS).chain == "broken"
    desk.do(ChainChecked(at=desk.at, ok=True, records=0, proved=None))
    assert desk.kernel.view(topics.SETTLEMENTS).chain == "verified"
    assert desk.place(qty=1).status is Status.FILLED


def test_a_ledger_whose_chain_is_broken_opens_with_trading_closed() -> None:
    desk = Desk(msgspec.structs.replace(FRESH, chain_ok=False, chain_why="record 3 is not what was sealed"))
    desk.list()
    (said,) = [one.text for one in desk.said if one.code == "CHAIN"]
    assert said.endswith("the settlement log does not verify: record 3 is not what was sealed")
    assert desk.place(qty=1).why.startswith("CHAIN — ")


def test_a_ledger_whose_checkpoint_is_gone_opens_and_says_so() -> None:
    desk = Desk(msgspec.structs.replace(FRESH, chain_why="its checkpoint is gone"))
    desk.list()
    (said,) = [one for one in desk.said if one.code == "CHAIN"]
    assert (said.level, said.text) == (Level.WARN, "the settlement log holds together, but its checkpoint is gone")
    assert desk.place(qty=1).status is Status.FILLED


def lose(desk: Desk) -> None:
    """Hold YES while others sell it off."""
    desk.place(qty=100)
    desk.other(leg=Leg.NO, qty=250)


def test_the_day_s_loss_halts_by_itself_at_the_next_beat(desk: Desk) -> None:
    lose(desk)
    desk.run(Nanos(desk.at + 2 * MINUTE))
    assert spine(desk).day <= desk.state.limits["DAILY_LOSS"] == -30
    assert spine(desk).halted_by == "DAILY_LOSS"
    assert desk.gate("DAILY_LOSS").state == "REFUSING"
    assert meta(desk)["halted"] == "DAILY_LOSS"
    desk.ask(Release(typed="paper"))
    desk.run(Nanos(desk.at + 2 * MINUTE))
    assert spine(desk).halted_by == "DAILY_LOSS"  # it holds as long as the loss does


def test_the_week_s_loss_halts_by_itself(desk: Desk) -> None:
    desk.ask(SetLimit(gate="WEEKLY_LOSS", value=Decimal(-20)))
    lose(desk)
    desk.run(Nanos(desk.at + 2 * MINUTE))
    assert spine(desk).halted_by in {"DAILY_LOSS", "WEEKLY_LOSS"}
    assert desk.gate("WEEKLY_LOSS").state == "REFUSING"


def test_a_new_day_begins_at_midnight_utc_and_a_week_goes_on(desk: Desk) -> None:
    desk.place(qty=40)
    desk.other(leg=Leg.NO, qty=60)
    desk.run(Nanos(desk.at + 5 * MINUTE))
    lost = spine(desk).day
    assert -30 < lost < -1
    desk.run(Nanos(desk.at + 12 * HOUR))
    assert (spine(desk).day, spine(desk).week) == (0, lost)
    assert iso(desk.state.day_from) == "2026-07-04T00:00:00Z"


def test_the_week_is_counted_from_the_kept_results_of_a_restarted_session() -> None:
    """The newest result of each hour outlives the curve, which has room for little more than half an hour."""
    points = [
        PnlPoint(at=Nanos(DAY_OPENS - n * MINUTE), realised=Decimal(n), unrealised=Decimal(0), fees=Decimal(0))
        for n in range(7 * 24 * 60, 0, -1)
    ]
    desk = Desk(msgspec.structs.replace(FRESH, pnl=tuple(points)))
    since_midnight = 6 * 60
    assert desk.state.day_base == since_midnight + 1
    assert desk.state.week_base == 4 * 24 * 60 + since_midnight + 1, "it is Friday"


def test_the_self_test_tries_every_gate_and_shows_a_broken_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {row.self_test for row in desk.kernel.view(topics.GATES).rows} == {"ok"}
    deaf = [replace(gate, measure=lambda p, limits: PASSES) if gate.code == "ORDER_QTY" else gate for gate in GATES]
    monkeypatch.setattr(control.gates, "GATES", tuple(deaf))
    desk.ask(SelfTest())
    assert desk.gate("ORDER_QTY").self_test == "ORDER_QTY lets a broken order pass"
    assert (desk.said[-1].code, desk.said[-1].level) == ("ORDER_QTY", Level.DANGER)


def test_a_halt_is_told_to_every_ladder_and_board_of_a_venue_at_once() -> None:
    """Not only with the next change of its book, which may be long in coming."""
    session = Session()
    told = {effect.topic for effect in session.ask(Halt(why="lunch")) if isinstance(effect, Changed)}
    assert {topics.ladder(symbol) for symbol in SYMBOLS} <= told
    assert topics.board(FAMILY) in told
    assert session.kernel.view(topics.ladder(SYMBOLS[0])).state == "halted"
