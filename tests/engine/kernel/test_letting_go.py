"""Markets of our own exchange that are over leave memory: never one that is open, and never a cent with it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core.commands import CreateMarket, NoteMarket, Resettle, Role, Rule, SetPhase, Side, TakeRole
from engine.core.effects import Changed
from engine.core.events import Opened
from engine.core.ids import YOU, MarketId
from engine.core.units import DAY, HOUR, Leg, Nanos
from engine.exchange.market import ENDED
from engine.host.replay import replay
from engine.kernel import forgetting
from engine.kernel.project.account import EARLIER
from engine.kernel.step import Kernel
from engine.store import database, ledger, load, migrations
from engine.views import topics
from tests.engine.kernel.desk import CLOSES, EMPTY, FRESH, OPENS, SIM, Desk, hours, rain, total

KEPT = 2
KEEPS_ALL = replace(FRESH, beat=HOUR)
LETS_GO = replace(KEEPS_ALL, markets_kept=KEPT)
LINGERS = forgetting.REPORTS // DAY + 2
"""Days at the end of which a market may still be there, whatever came of it."""


def day(desk: Desk, number: int, *, ours: bool = False, dry: bool = True, told: bool = True) -> str:
    """List the rain of a day, trade it, and let it settle; untold it is disputed once the waits are over."""
    shift = number * DAY
    name = f"RAIN{number}"
    desk.list(rain(name, opens=Nanos(OPENS + shift), closes=Nanos(CLOSES + shift)))
    desk.other(market=name, qty=7, side=Side.BUY, leg=Leg.NO)
    if ours:
        desk.place(market=name, qty=10)
    if told:
        desk.run(Nanos(CLOSES + shift - 1))
        desk.observe(hours(0 if dry else 20, 0, 0, opens=Nanos(OPENS + shift)))
    desk.run(Nanos(OPENS + shift + 21 * HOUR))
    return name


def gone_by(days: int, **how: Any) -> Desk:
    desk = Desk(LETS_GO)
    for number in range(days):
        day(desk, number, **how)
    return desk


@pytest.fixture(scope="module")
def long() -> Desk:
    """Two weeks in which nothing of ours was traded."""
    return gone_by(14)


def test_as_many_stay_after_two_weeks_as_after_one(long: Desk) -> None:
    markets = long.state.exchange.markets
    assert len(markets) <= KEPT + LINGERS
    assert len(long.state.exchange.gone) == 14 - len(markets)
    assert set(long.state.exchange.gone.values()) == {"settled"}
    assert total(long) == sum(row.amount for row in FRESH.seed_cash)
    assert len(long.kernel.view(topics.SETTLEMENTS).queue) == len(markets)  # type: ignore[attr-defined]
    assert long.kernel.view(topics.SETTLEMENTS).count == 14  # type: ignore[attr-defined]


def test_the_journal_of_it_replays_to_the_same_digests(long: Desk) -> None:
    found = replay(iter(long.journal), Kernel())
    assert (found.differs_at, found.stopped) == (None, "")


def test_a_session_that_keeps_all_lets_nothing_go() -> None:
    """As every journal says that was written before there was such a rule."""
    desk = Desk(KEEPS_ALL)
    for number in range(7):
        day(desk, number)
    assert len(desk.state.exchange.markets) == 7


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Rule(market=MarketId("RAIN0"), winner=1, why="the gauge leaked"), "RULING"),
        (Resettle(market=MarketId("RAIN0")), "RULING"),
        (SetPhase(market=MarketId("RAIN0"), phase=2), "PHASE"),
        (NoteMarket(market=MarketId("RAIN0"), note="a dry day"), "NOTE"),
    ],
)
def test_what_is_asked_of_one_that_was_let_go_is_refused_in_one_sentence(long: Desk, command: Any, code: str) -> None:
    long.ask(TakeRole(role=Role.OPERATOR))
    long.ask(command)
    assert long.said[-1].code == code
    assert "market RAIN0 is settled and was let go since; its record stays in the ledger" in long.said[-1].text


def test_neither_an_order_nor_a_new_market_of_its_name_is_taken(long: Desk) -> None:
    order = long.place(market="RAIN0", qty=1)
    assert order.why == "MARKET_STATE — the market is settled"
    quoted = long.state.exchange.quote(replace(long.order(market="RAIN0", qty=1), by=SIM))
    assert quoted.text.startswith("Market RAIN0 is settled and was let go since")  # type: ignore[union-attr]
    long.ask(TakeRole(role=Role.OPERATOR))
    again = rain("RAIN0", opens=Nanos(long.at + DAY), closes=Nanos(long.at + 2 * DAY))
    long.ask(CreateMarket(contract=again, b=100.0))
    assert long.said[-1].code == "DUPLICATE_ID"


def test_what_may_still_owe_something_cannot_be_let_go() -> None:
    desk = Desk(LETS_GO)
    desk.list()
    with pytest.raises(ValueError, match="may still owe something"):
        desk.state.exchange.let_go(MarketId("RAIN"))
    desk.place(qty=3)
    with pytest.raises(ValueError, match="shares of RAIN are held"):
        desk.state.book.let_go(MarketId("RAIN"))


def test_one_that_orders_of_ours_name_stays_and_what_it_made_is_kept_once_it_goes(monkeypatch: Any) -> None:
    desk = gone_by(8, ours=True, dry=False)
    assert len(desk.state.exchange.markets) == 8, "the blotter and the journal name them"
    before = desk.kernel.view(topics.PNL)
    desk.state.fills.clear()
    desk.state.diary.entries.clear()
    monkeypatch.setattr(forgetting, "ROWS", 1)
    desk.run(Nanos(desk.at + DAY))
    after = desk.kernel.view(topics.PNL)
    assert len(desk.state.exchange.markets) < 8
    assert dict(after.by_market)[EARLIER] > 0  # type: ignore[attr-defined]
    assert after.total == before.total  # type: ignore[attr-defined]
    assert sum(made for _, made in after.by_market) == after.total  # type: ignore[attr-defined]


def test_a_session_that_opens_on_a_long_ledger_lets_them_go_at_once(tmp_path: Any, long: Desk) -> None:
    path = tmp_path / "ledger-paper.db"
    migrations.apply(path)
    connection = database.connect(path, full=False)
    ledger.prepare(connection)
    for keep in long.rows:
        ledger.write(connection, keep.rows)
    connection.close()
    snapshot = load.load(path, replace(EMPTY, markets_kept=KEPT))
    again = Desk(replace(snapshot, orders=(), journal=()), at=Nanos(long.at))
    assert len(snapshot.markets) == 14
    assert list(again.state.exchange.markets) == list(long.state.exchange.markets)
    assert again.state.exchange.cash == long.state.exchange.cash
    assert again.state.chain_head == long.state.chain_head


Days = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=6, max_size=9)


@settings(max_examples=12, deadline=None)
@given(Days)
def test_nothing_that_is_open_goes_and_all_else_is_as_if_nothing_had_gone(days: list[tuple[bool, bool, bool]]) -> None:
    desk = Desk(LETS_GO)
    listed = [day(desk, n, ours=ours, dry=dry, told=told) for n, (ours, dry, told) in enumerate(days)]
    all_kept = Kernel()
    kernel = Kernel()
    for event in desk.events:
        told = kernel.step(event)
        kept = replace(event, snapshot=KEEPS_ALL) if isinstance(event, Opened) else event
        assert without_views(all_kept.step(kept)) == without_views(told)
    state, other = kernel.state, all_kept.state
    assert set(listed) == {*state.exchange.markets, *state.exchange.gone}
    for name in state.exchange.gone:
        was = other.exchange.markets[name]
        assert was.over
        assert was.status in ENDED
        assert was.contract.closes < state.now - forgetting.REPORTS
        assert not any(instrument.symbol.startswith(f"{name}/") for instrument, _, _ in state.book.held())
    assert state.exchange.cash == other.exchange.cash
    assert state.exchange.total() == sum((row.amount for row in FRESH.seed_cash), Decimal(0))
    assert state.exchange.escrow(YOU) == other.exchange.escrow(YOU)
    assert (state.total, state.loss, state.book.realised) == (other.total, other.loss, other.book.realised)


def without_views(effects: Any) -> list[Any]:
    return [one for one in effects if not isinstance(one, Changed)]


def test_orders_that_left_the_journal_s_memory_wait_for_no_settlement_either(monkeypatch: Any) -> None:
    monkeypatch.setattr("engine.kernel.diary.ROOM", 2)
    desk = Desk(KEEPS_ALL)
    desk.list(rain("A"))
    desk.list(rain("B"))
    for market in ("A", "B", "B"):
        desk.place(market=market, qty=1)
    desk.run(Nanos(desk.at + HOUR))
    assert [one.symbol for one in desk.state.diary.of] == ["A/0", "B/0"]
    desk.state.diary.forget()
    assert [(one.symbol, len(some)) for one, some in desk.state.diary.of.items()] == [("B/0", 2)]


def test_every_view_of_one_that_was_let_go_is_there_or_is_none_and_none_breaks(long: Desk) -> None:
    gone, one = "RAIN9", "RAIN9/0"
    assert gone in long.state.exchange.gone
    for topic in (
        topics.board(gone), topics.cells(gone), topics.source(gone), topics.station("KMDW", gone), topics.ladder(one),
        topics.tape(one), *(topics.tape_of(one, topics.TapeFilter(scope)) for scope in ("event", "all")),
        topics.chart(one, "1m", "UTC"), topics.heat(one, "UTC"), topics.SETTLEMENTS, topics.MARKETS, topics.ORDERS,
        topics.PNL, topics.POSITIONS, topics.OVERSIGHT, topics.SCENARIOS, topics.ALERTS, topics.JOURNAL, topics.SPINE,
    ):  # fmt: skip
        view = long.kernel.view(topic)
        assert gone not in repr(getattr(view, "queue", ())), topic
