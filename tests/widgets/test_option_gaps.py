"""The dock of the same option on several venues."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.ids import DERIBIT, DERIVE, InstrumentId
from engine.core.units import Nanos
from engine.views import topics
from engine.views.hedging import GapLine, GapsView
from widgets.option_gaps import OptionGapsPanel
from widgets.states import EMPTY, LIVE


def line(strike: int, gap: float) -> GapLine:
    ask = 100.0
    return GapLine(
        name=f"ETH 9 Oct 26 {strike} C", buy_on="Derive", sell_on="Deribit", ask=ask, bid=ask + gap + 1.8, fees=1.8,
        buy=InstrumentId(DERIVE, f"ETH-{strike}-C"), sell=InstrumentId(DERIBIT, f"ETH-{strike}-C"), gap=gap,
        gap_bps=gap / 0.3, size=2.0,
    )  # fmt: skip


@pytest.fixture
def panel(qtbot):
    found = OptionGapsPanel()
    qtbot.addWidget(found)
    found.resize(760, 200)
    return found


def test_a_row_says_what_is_left_after_fees_and_its_sign(panel) -> None:
    panel.render(topics.OPTION_GAPS, GapsView(rows=(line(3_000, 2.5), line(3_200, -1.0)), compared=6, now=Nanos(1)))
    keys = [one.key for one in panel.table.rows.columns]
    first, second = ({key: panel.table.rows.cell(n, at) for at, key in enumerate(keys)} for n in (0, 1))
    assert (first["gap"].text, first["gap"].colour) == ("+2.50", "profit")
    assert (second["gap"].text, second["gap"].colour) == ("−1.00", "loss")
    assert (first["ask"].text, first["bid"].text, first["fees"].text) == ("100.00", "104.30", "1.80")
    assert panel._header.subtitle == "6 compared · 1 pay after fees"
    assert panel.state == LIVE


def test_a_row_turns_the_others_to_what_is_bought(panel) -> None:
    one = line(3_000, 2.5)
    panel.render(topics.OPTION_GAPS, GapsView(rows=(one,), compared=1, now=Nanos(1)))
    heard = []
    panel.selected.connect(heard.append)
    panel.table.select((one.buy, one.sell))
    assert heard == [one.buy]


def test_nothing_to_compare_is_said(panel) -> None:
    panel.render(topics.OPTION_GAPS, GapsView(rows=(), compared=0, now=Nanos(1)))
    assert panel.state == EMPTY
    assert panel.sheets()[0]().headers[0] == "option"
    assert Decimal(0) == panel.count()
