"""What rules see in the views."""

from decimal import Decimal

import msgspec
import pytest

from engine.alarms.seeing import needs, see
from engine.core.ids import Topic, VenueId
from engine.core.units import Money
from engine.views import topics
from engine.views.account import PnlView
from engine.views.alarms import FIELDS, UNITS, Kind, Rule, refusal, unit
from engine.views.connections import ConnectionLine, ConnectionsView
from engine.views.station import ExtremeLine
from engine.views.weather import SettlementsView
from tests.engine.kernel.rfq.world import World
from tests.widgets import account_views as views
from tests.widgets import views_sample as samples
from tests.widgets import weather_sample


def rule(kind, field, subject="", **more):
    return Rule(id="r", kind=kind, field=field, subject=subject, **more)


def seen(one, view):
    return see(one, {needs(one): view})


def feed(venue, state, age_s):
    return ConnectionLine(
        venue=VenueId(venue), title=venue.title(), state=state, why="", links=(), report=None, age_s=age_s,
        books_live=0, books_stale=0, trades=True, reconciled=True, cash=None, collateral="", can=(),
    )  # fmt: skip


def test_prices_edges_and_overrounds_are_those_of_the_markets_tree():
    view = samples.markets()
    row = next(one for one in view.rows if one.bid is not None and one.edge is not None)
    name = f"{row.instrument.venue}/{row.instrument.symbol}"
    assert [one.value for one in seen(rule(Kind.PRICE, "bid", name), view)] == [Decimal(row.bid) / 100]
    assert [one.value for one in seen(rule(Kind.EDGE, "edge", name), view)] == [Decimal(str(row.edge))]
    assert len(seen(rule(Kind.EDGE, "edge"), view)) == len(view.rows)
    stated = [one for one in view.rows if one.overround is not None]
    assert len(seen(rule(Kind.OVERROUND, "overround"), view)) == len(stated)


def test_a_station_is_seen_by_its_running_extremes_and_its_last_reading():
    view = weather_sample.station_view()
    low = ExtremeLine(
        sign=-1, bound=61, bound_at=None, by="", so_far=(), capped=False, named=(), official=None, official_source=""
    )
    view = msgspec.structs.replace(view, other=low, extreme=msgspec.structs.replace(low, sign=1, bound=84), last=83.5)
    values = [seen(rule(Kind.STATION, field, "KMDW"), view)[0].value for field in ("high", "low", "last")]
    assert values == [84, 61, Decimal("83.5")]
    assert needs(rule(Kind.STATION, "high", "KMDW")) == topics.station("KMDW")


def test_a_low_that_nobody_measured_is_unknown():
    view = msgspec.structs.replace(weather_sample.station_view(), other=None, extreme=None, sign=1, running=84)
    assert seen(rule(Kind.STATION, "low", "KMDW"), view)[0].value is None
    assert seen(rule(Kind.STATION, "high", "KMDW"), view)[0].value == 84


def test_feeds_are_seen_by_age_and_by_state_and_those_switched_off_are_not():
    rows = (feed("kalshi", "stale", 14.5), feed("binance", "live", 0.2), feed("deribit", "off", None))
    view = ConnectionsView(rows=rows, mode="paper", armed_until=None, now=views.NOW)
    assert [one.value for one in seen(rule(Kind.FEED, "age"), view)] == [Decimal("14.5"), Decimal("0.2")]
    assert [(one.key, one.met) for one in seen(rule(Kind.FEED, "down"), view)] == [("kalshi", True), ("binance", False)]


@pytest.mark.parametrize(("field", "value"), [("day", Decimal("-3.5")), ("week", Decimal(7))])
def test_results_are_those_of_the_spine(field, value):
    view = views.spine(day=Money(Decimal("-3.5")), week=Money(Decimal(7)))
    assert seen(rule(Kind.PNL, field), view)[0].value == value


def test_the_result_of_the_session_is_that_of_the_curve():
    nothing = Money(Decimal(0))
    view = PnlView(
        points=(), by_market=(), total=Money(Decimal("1.25")), realised=nothing, unrealised=nothing, fees=nothing
    )
    assert seen(rule(Kind.PNL, "total"), view)[0].value == Decimal("1.25")


@pytest.mark.parametrize(
    ("status", "field"),
    [("filled", "filled"), ("partial", "partial"), ("rejected", "refused"), ("refused", "refused"), ("lost", "lost"),
     ("canceled", "canceled"), ("expired", "canceled")],
)  # fmt: skip
def test_every_end_of_an_order_meets_its_own_field_alone(status, field):
    view = views.orders(views.order(1, status, status.title()))
    met = [name for name, _ in FIELDS[Kind.ORDER] if seen(rule(Kind.ORDER, name), view)[0].met]
    assert met == [field]


def test_a_settlement_is_seen_when_it_is_decided_or_disputed():
    words = ("OPEN", "WAITING", "DISPUTED", "YES", "VOID")
    lines = [weather_sample.settlement(n, word) for n, word in enumerate(words)]
    view = SettlementsView(queue=tuple(lines), records=(), chain="", chain_text="", count=0, operator=False)
    assert [one.met for one in seen(rule(Kind.SETTLEMENT, "settled"), view)] == [False, False, False, True, True]
    assert [one.met for one in seen(rule(Kind.SETTLEMENT, "disputed"), view)] == [False, False, True, False, False]


def test_volatility_at_the_forward_is_seen_of_every_expiry_or_of_one():
    world = World()
    view = world.kernel.view(topics.EXPIRIES)
    (line,) = [one for one in view.rows if one.atm_iv is not None]
    (one,) = seen(rule(Kind.VOL, "atm", line.key), view)
    assert (one.value, one.name) == (Decimal("60.0"), "ETH 13OCT26 Deribit")
    assert len(seen(rule(Kind.VOL, "atm"), view)) == len(view.rows)
    blank = msgspec.structs.replace(view, rows=(msgspec.structs.replace(line, atm_iv=None),))
    assert seen(rule(Kind.VOL, "atm"), blank)[0].value is None


def test_greeks_are_seen_by_their_size_and_against_the_hedgers_bands():
    world = World()
    world.tell(hedge="none")
    world.request(qty="2")
    world.taken(world.signed[0])
    greeks, hedging = world.kernel.view(topics.GREEKS), world.kernel.view(topics.HEDGING)
    (row,), (line,) = greeks.rows, hedging.lines
    values = {field: seen(rule(Kind.GREEKS, field, "ETH"), greeks)[0].value for field in ("delta", "gamma", "vega")}
    assert values == {
        "delta": Decimal(str(abs(row.delta))), "gamma": Decimal(str(abs(row.gamma * row.index / 100.0))),
        "vega": Decimal(str(abs(row.vega))),
    }  # fmt: skip
    assert seen(rule(Kind.GREEKS, "delta", "BTC"), greeks) == ()
    (band,) = seen(rule(Kind.GREEKS, "band"), hedging)
    assert (band.met, abs(line.delta) > line.band) == (True, True)
    assert band.text.startswith("ETH delta is +1.0")
    (gamma,) = seen(rule(Kind.GREEKS, "gamma_limit"), hedging)
    assert gamma.met is (abs(line.gamma * line.spot / 100.0) > line.gamma_limit)
    unknown = msgspec.structs.replace(hedging, lines=(msgspec.structs.replace(line, delta=None, gamma=None),))
    assert [seen(rule(Kind.GREEKS, field), unknown)[0].met for field in ("band", "gamma_limit")] == [None, None]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_names_a_view_and_sees_nothing_without_it(kind):
    one = rule(kind, FIELDS[kind][0][0], "KMDW")
    assert isinstance(needs(one), Topic)
    assert see(one, {}) == ()
    assert see(one, {needs(one): object()}) == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"field": "colour"}, "Price has no 'colour'"),
        ({"subject": ""}, "Price: choose what it looks at"),
        ({"level": None}, "Price: give a level in c, within a million"),
        ({"level": Decimal("NaN")}, "Price: give a level in c, within a million"),
        ({"level": Decimal("1e9")}, "Price: give a level in c, within a million"),
        ({"way": "sideways"}, "a level is met above or below it"),
        ({"channels": ("pigeon",)}, "no such channel"),
        ({"name": "n" * 121}, "names have at most 120 characters"),
        ({}, ""),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_a_sentence(changes, words):
    sound = rule(Kind.PRICE, "bid", "kalshi/X", level=Decimal(40))
    assert refusal(msgspec.structs.replace(sound, **changes)) == words


def test_rules_speak_for_themselves():
    one = rule(Kind.STATION, "high", "KMDW", about="KMDW", level=Decimal("86.5"))
    assert one.words() == "KMDW: running high at or above 86.5 °F"
    assert rule(Kind.ORDER, "lost").words() == "Any order: unknown at the venue"
    assert rule(Kind.VOL, "atm", level=Decimal(70)).words() == "Any expiry: volatility at the forward at or above 70 %"
    assert rule(Kind.GREEKS, "vega", "ETH", level=Decimal(9)).words() == "ETH: vega, either way at or above 9 $/pt"
    assert rule(Kind.GREEKS, "band").words() == "Any underlying: delta beyond the hedger's band"
    assert [unit(Kind.GREEKS, one) for one in ("band", "delta", "vega")] == ["", "coins", "$/pt"]
    assert [unit(Kind.FEED, one) for one in ("age", "down")] == ["s", ""]
    assert refusal(rule(Kind.GREEKS, "band")) == ""
    assert refusal(rule(Kind.GREEKS, "delta")) == "Greeks: give a level in coins, within a million"
    assert set(UNITS) | {Kind.ORDER, Kind.SETTLEMENT} == set(Kind)
