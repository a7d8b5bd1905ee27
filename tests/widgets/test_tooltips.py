"""Foreign text never reaches a tool tip as rich text: Qt would take its tags at their word."""

from __future__ import annotations

from msgspec import structs

from engine.views import topics
from engine.views.backtests import BacktestsView
from tests.widgets import views_sample as sample
from tests.widgets.test_scenarios import view as scenarios
from widgets import hexlayers
from widgets.backtests import BacktestsPanel
from widgets.hexside import LayerRow
from widgets.ladder_strips import Footer
from widgets.payoff import FactsLine
from widgets.scenarios import Sums
from widgets.ticket import TicketPanel
from widgets.ticket_parts import MoneyButton

HOSTILE = '<img src="file:///etc/passwd"> <b>free money</b>'


def shown_as_text(tip: str) -> bool:
    """Whether a tip holds no tag but its own first one."""
    return "<img" not in tip and "<b>" not in tip and "&lt;b&gt;" in tip


def test_the_money_button_s_words(qtbot) -> None:
    button = MoneyButton()
    qtbot.addWidget(button)
    button.show_words(HOSTILE, "refused")
    assert shown_as_text(button.toolTip())


def test_the_ladder_s_last_line(qtbot) -> None:
    footer = Footer()
    qtbot.addWidget(footer)
    footer.say((HOSTILE, "danger.text", 500, False))
    assert shown_as_text(footer.toolTip())


def test_a_market_s_title(qtbot) -> None:
    ticket = TicketPanel()
    qtbot.addWidget(ticket)
    ticket.load(sample.CURVE, HOSTILE)
    assert shown_as_text(ticket.form.market.toolTip())


def test_an_event_s_title_over_the_map(qtbot) -> None:
    row = LayerRow(hexlayers.layers(5.0))
    qtbot.addWidget(row)
    row.set_title(HOSTILE)
    assert shown_as_text(row.toolTip())


def test_legs_that_are_in_no_curve(qtbot) -> None:
    line = FactsLine()
    qtbot.addWidget(line)
    line.show_facts((), HOSTILE)
    assert shown_as_text(line.toolTip())


def test_what_a_law_of_scenarios_is(qtbot) -> None:
    sums = Sums()
    qtbot.addWidget(sums)
    sums.show_view(structs.replace(scenarios(), law=HOSTILE))
    assert shown_as_text(sums.toolTip())


def test_strategies_that_can_be_played(qtbot) -> None:
    panel = BacktestsPanel()
    qtbot.addWidget(panel)
    panel.render(topics.BACKTESTS, BacktestsView(rows=(), running=None, unread=(), strategies=(HOSTILE,)))
    assert shown_as_text(panel.start.strategies.toolTip())
