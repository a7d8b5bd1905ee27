from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.contract import Metric
from engine.core.events import BookSnapshot, GridForecast, Listed, Trade
from engine.core.ids import BINANCE, KALSHI, Cell, FamilyId, InstrumentId
from engine.core.instrument import Family, Instrument, Payoff
from engine.core.reading import CellQuantiles
from engine.core.units import DAY, HOUR, SECOND, Leg, Lots, Nanos, Side, Ticks
from engine.views import topics
from tests.engine.exchange.listed import MIDWAY
from tests.engine.kernel.desk import DAY_OPENS, FRESH, Desk, high, rain
from tests.engine.kernel.venue import FACTS, Session, instrument, opened


def view(of):
    return of.kernel.view(topics.SCENARIOS)


def forecast(desk: Desk, metric: Metric, unit: str, opens: int, closes: int, *quantiles: float) -> None:
    cells = (CellQuantiles(cell=Cell(MIDWAY), p10=quantiles[0], p50=quantiles[1], p90=quantiles[2]),)
    desk.do(
        GridForecast(
            at=desk.at, run="GFS 12Z", metric=metric, unit=unit, opens=Nanos(opens), closes=Nanos(closes), cells=cells
        )
    )


def test_nothing_open_is_no_scenario() -> None:
    found = view(Desk())
    assert (found.members, found.lines, found.bars, found.groups, found.spots) == (0, (), (), (), ())


def test_each_member_decides_the_markets_of_our_own_exchange() -> None:
    desk = Desk()
    desk.list(high())
    forecast(desk, Metric.TEMP_MAX, "F", DAY_OPENS, DAY_OPENS + DAY, 80.0, 86.0, 92.0)
    desk.place(market="HIGH", outcome=1, qty=10)
    chances = desk.state.opinions["HIGH"].chances  # formed for the edge of the order
    found = view(desk)
    line = found.lines[0]
    cost = float(desk.state.exchange.escrow("you"))
    assert (found.members, found.unknown, line.known) == (500, 0, True)
    assert line.mean == pytest.approx(10 * chances[1] - cost, abs=0.5)
    assert (found.worst, found.best) == pytest.approx((-cost, 10 - cost))
    assert (line.worst, line.result) == pytest.approx((-cost, -cost))
    assert sum(bar.count for bar in found.bars) == 500
    assert float(found.joint) == pytest.approx(cost)


def test_a_yes_no_market_is_ordered_from_dry_to_wet_and_unknown_without_a_forecast() -> None:
    desk = Desk()
    desk.list(rain())
    desk.place(leg=Leg.NO, qty=10)
    found = view(desk)
    cost = float(desk.state.exchange.escrow("you"))
    assert (found.unknown, found.lines[0].known, found.lines[0].mean) == (1, False, None)
    assert (found.unknown_loss, found.worst) == pytest.approx((-cost, -cost))
    assert (found.lines[0].worst_outcome, found.lines[0].outcome) == ("YES", "YES")


@pytest.fixture
def session() -> Session:
    """Brackets of a station's high on a venue, one held and one asked for."""
    made = Session(opened(stations=FRESH.stations))
    closes = Nanos(made.at + 12 * HOUR)
    made.list(*(instrument(n, closes=closes) for n in range(4)), station="KMDW", unit="°F", closes=closes)
    made.quote()
    made.trade(made.place(qty=10, price=4_000), 10)
    made.place(qty=5, price=4_500, index=2)
    return made


def test_open_orders_of_a_family_are_filled_where_they_lose(session) -> None:
    found = view(session)
    line = found.lines[0]
    assert (found.orders, found.unknown, line.known) == (1, 1, False)
    assert line.worst == pytest.approx(-4.0 - 2.25)
    assert line.worst_outcome in {"51-52", "≥ 55"}
    assert float(found.joint) == pytest.approx(6.25)


def test_groups_say_what_could_be_lost_together(session) -> None:
    groups = {one.kind: one for one in view(session).groups}
    assert set(groups) == {"neighbourhood", "station's day"}
    assert groups["station's day"].name.startswith("KMDW ")
    assert groups["neighbourhood"].events == 1
    assert groups["neighbourhood"].loss == Decimal("6.25")
    assert groups["neighbourhood"].share == pytest.approx(6.25 / float(session.state.limits["CORRELATED"]))


SPOT, UP = InstrumentId(BINANCE, "BTCUSDT"), InstrumentId(KALSHI, "UP")


@pytest.fixture
def window() -> Session:
    """Ten shares of Up bought at 40, and a trade of the coin just before the window begins."""
    session = Session(opened(venues=(FACTS, replace(FACTS, id=BINANCE, title="Binance", trades=False))))
    coin = Family(id=FamilyId("binance:BTCUSDT"), title="BTC/USDT", members=(SPOT,))
    pair = Instrument(id=SPOT, title="BTC/USDT", family=coin.id, payoff=Payoff.LINEAR, unit=Decimal("0.01"))
    session.do(Listed(at=session.at, family=coin, instruments=(pair,)))
    session.tell(Trade(at=session.at, instrument=SPOT, price=Ticks(9_000_000), lots=Lots(1), taker=Side.BUY))
    slug = f"kalshi:btc-updown-5m-{(session.at + 20 * SECOND) // SECOND}"
    made = Family(id=FamilyId(slug), title="Bitcoin Up or Down", members=(UP,))
    session.do(Listed(at=session.at, family=made, instruments=(replace(instrument(family=made.id), id=UP),)))
    book = {"bids": ((Ticks(4_900), Lots(500)),), "asks": ((Ticks(5_100), Lots(500)),)}
    session.do(BookSnapshot(at=session.at, instrument=UP, **book))
    session.ask(replace(session.order(price=4_000), instrument=UP), gap=1)
    session.run(0.5)
    session.trade(list(session.state.register)[-1], 10)
    session.run(30)
    return session


def test_an_up_down_window_is_decided_by_the_price_of_its_coin(window) -> None:
    found = view(window)
    (grid,) = found.spots
    assert (grid.coin, grid.spot, grid.windows, grid.unknown) == ("BTC", 90_000.0, 1, 0)
    assert [line.result for line in grid.lines] == pytest.approx([-4.0] * 6 + [6.0] * 7)
    assert grid.lines[0].change == pytest.approx(-0.03)
    assert found.unknown == 1
    assert (found.groups[0].kind, found.groups[0].name) == ("underlying", "BTC")


def test_the_opening_price_that_the_venue_states_comes_before_the_one_that_was_heard(window) -> None:
    listing = window.state.listings[UP]
    for stated, results in (("91000", [-4.0] * 9 + [6.0] * 4), ("nan", None), ("-1", None), ("", None), ("x", None)):
        listing.instrument = replace(listing.instrument, facts=(("price_to_beat", stated),))
        (grid,) = view(window).spots
        assert [line.result for line in grid.lines] == pytest.approx(results or [-4.0] * 6 + [6.0] * 7), stated


def test_a_window_whose_strike_was_not_heard_is_counted_at_its_worst(window) -> None:
    window.state.listings[SPOT].trail.clear()
    (grid,) = view(window).spots
    assert grid.unknown == 1
    assert [line.result for line in grid.lines] == pytest.approx([-4.0] * 13)
