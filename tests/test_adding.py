"""The recipes of docs/adding.md, run as they stand there: a venue in a conformance session, a strategy, a column."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aiohttp import web

from engine.core.commands import SetStrategy, StrategyState, Tif
from engine.core.ids import KALSHI, InstrumentId, VenueId
from engine.core.order import Status
from engine.core.units import Side
from engine.venues import registry
from engine.views import analytics, topics
from engine.views.analytics import registry as columns_of
from engine.views.market import MarketsView
from tests.conformance.session import session
from tests.conformance.stage import hasten, staged
from tests.conformance.venues import Entry
from tests.engine.kernel.strategies.desk import Running, books
from tests.engine.kernel.venue import SYMBOLS
from tests.engine.views.analytics.rows import row
from widgets.market_lines import MARKET, OUTCOME
from widgets.market_paint import cell
from widgets.markets import MarketsPanel

PAGE = Path(__file__).parents[1] / "docs" / "adding.md"
TOY = VenueId("toy")
COIN = InstrumentId(TOY, "COIN")


def blocks() -> dict[str, str]:
    """Return the page's blocks of Python by the file that each begins with."""
    found = re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(dict(found)) == len(found) == 6
    return dict(found)


def module(patch: pytest.MonkeyPatch, name: str, text: str) -> ModuleType:
    """Return a module made of a text, as an import would find it."""
    made = ModuleType(name)
    patch.setitem(sys.modules, name, made)
    exec(compile(text, f"{PAGE.name}: {name}", "exec", dont_inherit=True), made.__dict__)
    return made


@pytest.fixture
def toy(monkeypatch) -> Entry:
    """Follow the recipe of a venue; its server is told by `toy.book` what to answer."""
    hasten(monkeypatch)
    texts = blocks()
    package = ModuleType("engine.venues.toy")
    package.__path__ = []
    monkeypatch.setitem(sys.modules, package.__name__, package)
    for one in ("endpoints", "wire", "venue"):
        made = module(monkeypatch, f"engine.venues.toy.{one}", texts[f"engine/venues/toy/{one}.py"])
        setattr(package, one, made)
    listed = module(monkeypatch, "engine.venues.toy.registry", texts["engine/venues/registry.py"])
    monkeypatch.setattr(registry, "ROWS", (*registry.ROWS, listed.ROW))
    monkeypatch.setitem(registry._TRIES, TOY, (listed.TRY,))
    return Entry(TOY, "COIN", served, lambda at: registry.endpoints(TOY, given={"rest": f"http://{at['rest']}"}))


BOOK: dict[str, Any] = {}


def served(_world: Any) -> dict[str, Any]:
    """Return a server of one book."""

    async def book(_request: web.Request) -> web.Response:
        return web.Response(body=json.dumps(BOOK).encode(), content_type="application/json")

    app = web.Application()
    app.router.add_get("/book", book)
    return {"server": app, "rest": app}


def test_a_venue_made_by_the_recipe_trades_on_paper_and_goes_stale_over_bytes_that_are_no_book(toy, tmp_path) -> None:
    BOOK.clear()
    BOOK.update(bids=[[44, 50], [43, 80]], asks=[[46, 30], [47, 100]])

    async def whole() -> None:
        async with staged((toy,), tmp_path) as stage, session(stage, mode="paper") as here:
            taken = await here.place(COIN, Side.BUY, 4_600, 10, tif=Tif.IOC)
            await here.stands(taken, Status.FILLED)
            assert (taken.average, taken.fee) == (Decimal("0.46"), Decimal("0.046"))
            resting = await here.place(COIN, Side.BUY, 4_400, 20, post_only=True)
            await here.stands(resting, Status.WORKING)
            BOOK.update(asks=[[0, 30]])
            await here.until(lambda: here.listing(COIN).stale)
            refused = await here.place(COIN, Side.BUY, 4_400, 5)
            await here.stands(refused, Status.REFUSED)
            assert (
                refused.why.startswith(("VENUE_LINK", "BOOK_STALE")) or "book" in refused.why or "link" in refused.why
            )
            BOOK.update(asks=[[48, 30]])
            await here.until(lambda: not here.listing(COIN).stale)
            await here.cancel(resting)
            assert [level[0] for level in here.shown(COIN)[1]] == [4_800]

    asyncio.run(whole())


def test_a_strategy_made_by_the_recipe_rests_one_bid_and_says_why_it_is_silent(monkeypatch) -> None:
    made = module(monkeypatch, "engine.strategies.wide_spread", blocks()["engine/strategies/wide_spread.py"])

    class Sampled(Running):
        def registry(self) -> Any:
            return (made.WideSpread(),)

    here = Sampled(ready=False)
    here.connect()
    here.list()
    seat = next(iter(here.state.strategies.seats.values()))
    here.ask(SetStrategy(strategy=seat.name, to=StrategyState.PAPER, typed=""), 3.0)
    here.quote(books(4_000, 4_200))
    assert [one.place.price for one in here.state.register] == []
    assert seat.why.code == "narrow"
    here.quote(books(4_000, 4_600))
    here.run(1)
    ours = [one for one in here.state.register if one.place.strategy == seat.name]
    expected = [(InstrumentId(KALSHI, symbol), 4_000, True) for symbol in SYMBOLS]
    assert [(one.place.instrument, one.place.price, one.place.post_only) for one in ours] == expected
    here.quote(books(4_000, 4_600))
    here.run(1)
    assert len([one for one in here.state.register if one.place.strategy == seat.name]) == len(SYMBOLS)


def test_a_column_made_by_the_recipe_is_found_by_its_file_and_shown_in_list_and_export(qtbot, monkeypatch, tmp_path):
    (tmp_path / "undecided.py").write_text(blocks()["engine/views/analytics/undecided.py"], encoding="utf-8")
    monkeypatch.setattr(analytics, "__path__", [*analytics.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "engine.views.analytics.undecided", raising=False)
    columns = columns_of.checked(columns_of.found())
    monkeypatch.delitem(sys.modules, "engine.views.analytics.undecided")
    assert {"spread", "undecided"} <= set(columns)
    panel = MarketsPanel()
    qtbot.addWidget(panel)
    panel.resize(560, 300)
    panel.show()
    panel.set_columns([columns["undecided"], columns["spread"]])
    prices = {"50-51": 25.0, "52-53": 25.0, "54-55": 50.0}
    rows = tuple(row(label, mid=mid, bid=100, ask=150) for label, mid in prices.items())
    panel.render(topics.MARKETS, MarketsView(rows=rows))
    assert [name for name, _ in panel.list.shown()] == ["close", "over", "edge c", "open b", "spread", "pos"]
    market = next(line for line in panel.list.lines if line.kind == MARKET)
    outcome = next(line for line in panel.list.lines if line.kind == OUTCOME)
    assert [cell(market, name, panel.list.now, panel.list.extra)[0] for name in ("open b", "spread")] == ["1.50", "0.5"]
    assert cell(outcome, "open b", panel.list.now, panel.list.extra)[0] == "—"
    sheet = panel.sheets()[0]()
    assert sheet.headers[-2:] == ("undecided bits", "spread c")
    assert sheet.rows[0][-2:] == (None, 0.5)
    panel.resize(280, 300)
    assert [name for name, _ in panel.list.shown()][-2:] == ["edge c", "pos"]
