"""Numbers and times as the trader writes them; whatever is chosen, no number can be read as another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from engine.core.units import Nanos
from tests.widgets import option_views, rfq_views
from tests.widgets.strategy_views import view as strategies
from tests.widgets.test_cockpit import view as updown
from tests.widgets.test_quoter import line as quoter_line
from widgets import cockpit_facts, formats, option_columns, rfq_cards
from widgets.formats import APOSTROPHE, COMMA, MACHINE, SPACE, ZULU, Style
from widgets.quoter import COLUMNS as QUOTER
from widgets.strategies import COLUMNS as STRATEGIES
from widgets.tables import Cell, Column

NOON = Nanos(1_783_107_127_104_000_000)  # 2026-07-03 19:32:07.104Z
STYLES = [
    Style(decimal, thousands, twelve)
    for decimal in (".", COMMA)
    for thousands in (SPACE, APOSTROPHE, "")
    for twelve in (False, True)
]


@pytest.fixture(autouse=True)
def _plain() -> Iterator[None]:
    yield
    formats.use(Style())


def test_the_chosen_signs_are_used_everywhere_a_number_is_written() -> None:
    formats.use(Style(COMMA, APOSTROPHE))
    assert formats.money(Decimal("-1250.44")) == "−$1’250,44"
    assert formats.cents(4_250) == "42,5"
    assert formats.percent(0.468) == "46,8 %"
    assert formats.arrowed(1.8) == "▲ +1,80"
    assert formats.age(2.44) == "2,4 s"
    assert formats.number(0.0, 2, signed=True) == "0,00"
    assert formats.direction(-0.004) == 0
    assert formats.quantity(Decimal(1_250_000)) == "1’250’000"


def test_twelve_hours_keep_minutes_and_seconds_and_say_which_half() -> None:
    formats.use(Style(twelve=True))
    assert formats.local(NOON, -5) == "2:32:07p"
    assert formats.local(NOON, -5, "%H:%M") == "2:32p"
    assert formats.stamp(NOON, -19) == "12:32:07.104a"
    assert formats.local(NOON, -5, "%d %b %H:%M") == "03 Jul 2:32p"
    assert formats.utc(NOON) == "19:32:07Z"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the machine's zone cannot be changed here")
def test_times_are_told_on_the_chosen_clock_and_the_clock_is_named(monkeypatch) -> None:
    formats.use(Style(zone=ZULU))
    assert (formats.local(NOON, -5), formats.zone(-5)) == ("19:32:07", "UTC")
    monkeypatch.setenv("TZ", "XST-5:30")  # POSIX counts west of Greenwich
    time.tzset()
    try:
        formats.use(Style(zone=MACHINE))
        assert (formats.local(NOON, -5), formats.zone(-5, NOON), formats.zone(-5)) == ("01:02:07", "UTC+5:30", "here")
    finally:
        monkeypatch.undo()
        time.tzset()
    formats.use(Style())
    assert (formats.local(NOON, -5), formats.zone(-5, NOON)) == ("14:32:07", "UTC−5")


def test_what_is_said_to_be_utc_is_utc_on_any_clock(monkeypatch) -> None:
    """An option that ends at 08:00Z was said to end at 22:00Z, on Kiritimati."""
    view = option_views.chain()
    before = (option_columns.expiry_words(view.expires), option_columns.facts(view))
    monkeypatch.setenv("TZ", "LINT-14")
    time.tzset()
    try:
        for style in (Style(zone=MACHINE), Style(zone=MACHINE, twelve=True)):
            formats.use(style)
            assert (option_columns.expiry_words(view.expires), option_columns.facts(view)) == before
            assert "30 JUL" in rfq_cards.asked(rfq_views.line())
    finally:
        monkeypatch.undo()
        time.tzset()


@given(st.sampled_from(STYLES), st.decimals(-(10**9), 10**9, places=2))
def test_a_shown_number_reads_back_exactly(style, value) -> None:
    formats.use(style)
    assert Decimal(formats.machine(formats.number(value, 2))) == value
    assert Decimal(formats.machine(formats.number(value, 2, signed=True))) == value


@given(st.decimals(-(10**6), 10**6, places=3))
def test_a_typed_number_takes_either_sign_and_never_thousands(value) -> None:
    for style in STYLES:
        formats.use(style)
        assert formats.typed(f"{value:f}") == formats.typed(f" {value:f} ".replace(".", ",")) == value
    for text in ("1,250.00", "1.250,00", "1 250", "1’250", "", "NaN", "Infinity", "two"):
        assert formats.typed(text) is None


@pytest.mark.parametrize("style", STYLES)
def test_an_export_is_exact_whatever_the_screen_shows(style) -> None:
    formats.use(style)
    column: Column[Decimal] = Column(
        key="pnl", header="pnl", width=60, cell=lambda r: Cell(formats.amount(r)), sort=lambda r: r
    )
    assert column.values(Decimal("-1250.4449")) == (Decimal("-1250.4449"),)


def test_figures_of_the_engines_are_written_as_all_others():
    for told, shown in (
        ("$246,331.59", "$246\u00a0331.59"), ("at least $0", "at least $0"), ("-1,250.40", "\u22121\u00a0250.40"),
        ("$-12.50", "\u2212$12.50"), ("3 times", "3 times"), ("on 2026-07-03", "on 2026-07-03"),
    ):  # fmt: skip
        assert formats.rewritten(told) == shown
    formats.use(Style(COMMA, APOSTROPHE))
    assert formats.rewritten("+$1,250.40") == "+$1\u2019250,40"


@pytest.mark.parametrize(
    ("shown", "pasted"),
    [
        ("−1\u00a0250,44", "-1250,44"), ("▲ +1,80", "1,80"), ("▼ −0,38", "-0,38"), ("−$29,14", "-$29,14"),
        ("+0,00", "0,00"), ("12", "12"), ("—", ""), ("held 3,47", ""), ("2 / 5", ""), ("", ""), ("79.0", ""),
    ],
)  # fmt: skip
def test_a_number_is_pasted_as_a_number_with_the_decimal_sign_in_use(shown, pasted) -> None:
    formats.use(Style(COMMA))
    assert formats.pasted(shown) == pasted


def test_numbers_of_the_makers_of_the_cockpit_and_of_bars_have_the_decimal_sign_in_use() -> None:
    formats.use(Style(COMMA))
    line = quoter_line(best_bid=42.5, best_ask=43.0)
    assert next(c for c in QUOTER if c.key == "best").show(line).text == "42,5 / 43"
    assert cockpit_facts.facts(updown(bid=0.605, ask=0.62))[3][3][0][0] == "book 60,5 / 62"
    asked = next(c for c in STRATEGIES if c.key == "ask")
    assert asked.show(structs.replace(strategies().rows[0], ask=0.625)).text == "62,5"
