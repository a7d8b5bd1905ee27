"""The toxicity dock: what it says of a market, and that nothing is said that was not reckoned."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtGui import QImage

from engine.core.units import HOUR, MINUTE, Nanos
from engine.views import topics
from engine.views.quoter import MarkoutLine, ToxicityLine, ToxicityView
from tests.widgets.test_quoter import ONE, TWO
from widgets import theme
from widgets.states import EMPTY, LIVE
from widgets.toxicity import NOTHING, ToxicityPanel, said

NOW = Nanos(100 * HOUR)


def line(**changes: Any) -> ToxicityLine:
    given: dict[str, Any] = {
        "instrument": ONE, "name": "Chicago 53–54 °F", "sigma": 1.92, "widen_at": 1.8, "pull_at": 2.5,
        "trail": tuple((Nanos(NOW - n * MINUTE), 1.0 + n / 50) for n in range(50, -1, -1)),
        "marks": (MarkoutLine(seconds=30.0, buys=4, bought=0.5, sells=3, sold=-0.75),
                  MarkoutLine(seconds=1_800.0, buys=2, bought=-1.0, sells=0, sold=None)),
    } | changes  # fmt: skip
    return ToxicityLine(**given)


@pytest.fixture
def panel(qtbot: Any) -> ToxicityPanel:
    found = ToxicityPanel()
    qtbot.addWidget(found)
    found.resize(460, 300)
    found.show()
    return found


def inks(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_it_says_toxicity_and_what_became_of_fills(panel: ToxicityPanel) -> None:
    panel.render(topics.TOXICITY, ToxicityView(rows=(line(),), now=NOW))
    assert panel.state == LIVE
    words = panel.flow.accessibleDescription()
    assert words.startswith("toxicity 1.92, 4 buys after 30 s +0.50c, 3 sells after 30 s −0.75c")
    assert words.endswith("0 sells after 30 m —")
    found, look = inks(panel.flow.grab().toImage()), theme.current()
    assert {look.colour(tone).name() for tone in ("buy", "sell", "warn", "danger", "fair")} <= found


def test_without_returns_and_fills_there_is_a_dash_and_no_bar(panel: ToxicityPanel) -> None:
    none = MarkoutLine(seconds=30.0, buys=0, bought=None, sells=0, sold=None)
    bare = line(sigma=None, trail=(), marks=(none,), widen_at=None, pull_at=None)
    panel.render(topics.TOXICITY, ToxicityView(rows=(bare,), now=NOW))
    assert said(bare) == ["toxicity —", "0 buys after 30 s —", "0 sells after 30 s —"]
    assert theme.current().colour("warn").name() not in inks(panel.flow.grab().toImage())


def test_it_follows_the_market_that_is_looked_at_else_the_most_poisonous(panel: ToxicityPanel) -> None:
    rows = (line(sigma=1.1), line(instrument=TWO, name="Chicago 55–56 °F", sigma=2.6))
    panel.render(topics.TOXICITY, ToxicityView(rows=rows, now=NOW))
    assert panel.flow.line is rows[1]
    panel.set_instrument(ONE)
    assert panel.flow.line is rows[0]
    panel.render(topics.TOXICITY, ToxicityView(rows=(), now=NOW))
    assert (panel.state, panel.why) == (EMPTY, NOTHING)
