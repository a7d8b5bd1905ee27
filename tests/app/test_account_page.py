"""The accounts page: keys are named and never shown, balances have an age, limits show where they come from."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app import account_page
from app.key_desk import Tried
from app.keys import KeyRing
from app.redact import Secrets
from engine.core.commands import SetLimit
from engine.core.ids import KALSHI, POLYMARKET, VISUAL_CROSSING, VenueId
from engine.core.units import SECOND, Money, Nanos
from engine.risk.limits import SPECS, Limits
from engine.views.connections import ConnectionLine, ConnectionsView
from tests.app.program import CALM, program
from widgets import accounts as page
from widgets.accounts import AccountsDialog

NOW = Nanos(1_000 * SECOND)


def venue(name, **changes):
    made = {
        "venue": VenueId(name), "title": name.title(), "state": "live", "why": "", "links": (), "report": None,
        "age_s": 0.1, "books_live": 1, "books_stale": 0, "trades": True, "reconciled": True, "cash": None,
        "collateral": "USD", "can": (),
    }  # fmt: skip
    return ConnectionLine(**made | changes)


def view(*rows):
    return ConnectionsView(rows=rows, mode="live", armed_until=None, now=NOW)


def lines(connections, given=None, tests=None):
    return {one.venue: one for one in account_page.accounts(connections, given or {}, tests or {}, NOW)}


def test_each_venue_says_whether_it_has_keys_and_none_of_them_is_shown(tmp_path):
    ring = KeyRing(tmp_path, None, {"PK": "0x" + "5ca1ab1e" * 8, "VISUAL_CROSSING_KEY": "CANARY0123456789"}, Secrets())
    given = {name: (*ring.given(name), ring.locked(name)) for name in (KALSHI, POLYMARKET, VISUAL_CROSSING)}
    found = lines(view(venue("kalshi"), venue("polymarket"), venue("binance", trades=False)), given)
    assert {name: one.keys for name, one in found.items()} == {
        "kalshi": page.MISSING, "polymarket": page.PRESENT, "binance": page.NONE, "visual_crossing": page.PRESENT,
    }  # fmt: skip
    assert (found["polymarket"].fields, found["polymarket"].place) == (("Wallet key",), "environment")
    shown = "".join(cell for one in found.values() for cell in _texts(one))
    assert "5ca1ab1e" not in shown.lower()
    assert "CANARY" not in shown
    assert f"Wallet key {page.DOTS}" in shown


def _texts(line):
    return [text for column in page.ACCOUNTS for text in (column.show(line).text, column.show(line).tip)]


def test_an_exchange_by_way_of_ccxt_has_its_keys_there_too(tmp_path):
    okx = VenueId("ccxt-okx")
    ring = KeyRing(tmp_path, None, {"CCXT_OKX_KEY": "key-1234", "CCXT_OKX_SECRET": "CANARY-5678"}, Secrets())
    given = {okx: (*ring.given(okx), ring.locked(okx))}
    found = lines(view(venue("ccxt-okx")), given)[okx]
    assert (found.keys, found.fields, found.place) == (page.PRESENT, ("API key", "API secret"), "environment")
    assert lines(view(venue("ccxt-okx")), {okx: ("", frozenset(), False)})[okx].keys == page.MISSING
    assert "CANARY" not in "".join(_texts(found))


def test_keys_under_a_passphrase_are_locked():
    given = {KALSHI: ("", frozenset(), True)}
    assert lines(view(venue("kalshi")), given)["kalshi"].keys == page.LOCKED


@pytest.mark.parametrize(
    ("cash", "cash_at", "balance", "read"),
    [
        (None, None, "—", "—"),
        (Money(Decimal("812.5")), None, "812.50", "our ledger"),
        (Money(Decimal("812.5")), Nanos(NOW - 12 * SECOND), "812.50", "12 s"),
    ],
)
def test_a_balance_has_an_age_or_says_whose_it_is(cash, cash_at, balance, read):
    line = lines(view(venue("kalshi", cash=cash, cash_at=cash_at)))["kalshi"]
    shown = {column.key: column.show(line).text for column in page.ACCOUNTS}
    assert shown["balance"] == balance
    assert shown["age"] == read


def test_the_last_test_is_told_with_what_went_wrong_first():
    good = Tried(Nanos(NOW - 5 * SECOND), (("REST: ok", True), ("free cash read now: 10.00", True)))
    bad = Tried(NOW, (("REST: ok", True), ("the account cannot be read: 401", False)))
    found = lines(view(venue("kalshi"), venue("polymarket")), {}, {KALSHI: good, POLYMARKET: bad})
    assert (found["kalshi"].good, found["kalshi"].tested_s) == (True, 5.0)
    assert "free cash read now: 10.00" in found["kalshi"].tested
    assert (found["polymarket"].good, found["polymarket"].tested) == (False, "the account cannot be read: 401")


def test_limits_are_the_rule_the_engine_starts_with_and_show_the_sum():
    balance = Money(Decimal("812.57"))
    limits = Limits(balance)
    found = {one.code: one for one in account_page.derived(balance, limits.values())}
    assert set(found) == {code for code, spec in SPECS.items() if spec.of_equity}
    assert found["AT_RISK"].rule == "15 % of the balance"
    assert found["AT_RISK"].sum == "0.15 × $812.57 = $121.88"
    assert found["DAILY_LOSS"].rule == "−3 % of the balance"
    assert found["DAILY_LOSS"].sum == "−0.03 × $812.57 = −$24.38"
    assert {one.state for one in found.values()} == {page.IN_FORCE}
    assert all(one.derived == limits[code] for code, one in found.items())


def test_a_limit_that_lets_more_pass_than_the_rule_is_named_looser_for_losses_too():
    kept = (("AT_RISK", Decimal(500)), ("ORDER_VALUE", Decimal(1)), ("DAILY_LOSS", Decimal(-100)),
            ("WEEKLY_LOSS", Decimal(-1)))  # fmt: skip
    balance = Money(Decimal(1000))
    found = {one.code: one.state for one in account_page.derived(balance, Limits(balance, kept).values())}
    assert (found["AT_RISK"], found["DAILY_LOSS"]) == (page.LOOSER, page.LOOSER)
    assert (found["ORDER_VALUE"], found["WEEKLY_LOSS"]) == (page.TIGHTER, page.TIGHTER)


def test_without_a_balance_no_limit_is_made_up():
    found = account_page.derived(None, Limits(Money(Decimal(1))).values())
    assert {(one.derived, one.sum, one.state) for one in found} == {(None, "—", page.WAITS)}
    assert account_page.balance_words(None, view()).startswith("The balance is not known")


def test_the_buttons_are_about_the_chosen_account(qtbot):
    dialog = AccountsDialog()
    qtbot.addWidget(dialog)
    asked = []
    dialog.test_wanted.connect(lambda name: asked.append(("test", name)))
    dialog.keys_wanted.connect(lambda name: asked.append(("keys", name)))
    rows = account_page.accounts(view(venue("kalshi"), venue("polymarket")), {}, {}, NOW)
    dialog.show_lines(rows, account_page.derived(None, Limits(Money(Decimal(1))).values()), "")
    assert not dialog.tighten.isEnabled()
    dialog.test.click()
    dialog.accounts.select("polymarket")
    dialog.keys.click()
    dialog.accounts.opened.emit(rows[0], "")
    assert asked == [("test", "kalshi"), ("keys", "polymarket"), ("keys", "kalshi")]


@pytest.mark.limit(30)
async def test_the_page_shows_the_session_and_tightens_through_the_engine(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        bridge, state = desk.bridge, desk.terminal.session.kernel.state
        bridge.account_page.open()
        dialog = bridge.account_page.dialog
        assert {one.venue for one in dialog.accounts.rows.rows()} >= {"kalshi", "polymarket"}
        state.limits.set("AT_RISK", Decimal(999_999))
        bridge.account_page.refresh()
        line = next(one for one in dialog.limits.rows.rows() if one.code == "AT_RISK")
        assert (line.state, dialog.tighten.isEnabled()) == (page.LOOSER, True)
        dialog.tighten.click()
        await desk.until(lambda: state.limits["AT_RISK"] < 999_999)
        bridge.ask(SetLimit(gate="AT_RISK", value=Decimal(1), why=""))
        await desk.until(lambda: state.limits["AT_RISK"] == 1)
        dialog.reject()


def test_the_page_asks_for_the_room_that_all_its_columns_take(qtbot):
    dialog = AccountsDialog(None)
    qtbot.addWidget(dialog)
    widest = max(sum(column.width for column in table) for table in (page.ACCOUNTS, page.LIMITS))
    assert dialog.sizeHint().width() >= widest
    assert dialog.sizeHint() == dialog.size()


def test_a_sentence_that_is_cut_off_is_whole_in_its_tool_tip(qtbot):
    dialog = AccountsDialog()
    qtbot.addWidget(dialog)
    venues = ", ".join(f"Venue {n} 10 000.00" for n in range(14))
    words = f"Balance 31 000.86 $: cash of all accounts: {venues}. <b>All</b>."
    dialog.show_lines((), (), words)
    tip = dialog.balance.toolTip()
    assert "Venue 13 10 000.00. &lt;b&gt;All" in tip
