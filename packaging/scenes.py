"""Pictures of what a quiet day never shows: orders in every state, a stale venue and a dead one, a gate that refuses;
and of two hours of a station's day.

    python packaging/scenes.py docs/shots

The real kernel is stepped with events as a venue's gateway brings them, and the real docks draw its views.
"""

import os
import sys
from decimal import Decimal
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import days
import makers
import maps
import option_scenes
import windows
from msgspec import structs
from PySide6.QtWidgets import QApplication

import resources
from engine.core.commands import Amend, Cancel, Place, Tif
from engine.core.effects import Keep, Submit
from engine.core.events import (
    Accepted,
    Asked,
    BookSnapshot,
    BooksStale,
    Errand,
    Filled,
    Kept,
    LinkChanged,
    LinkReport,
    Listed,
    Lost,
    Observed,
    Opened,
    Pictured,
    SourceReport,
    StationForecast,
    Trade,
)
from engine.core.fee_rule import FeeRule
from engine.core.ids import (
    BINANCE,
    KALSHI,
    POLYMARKET,
    FamilyId,
    InstrumentId,
    OrderId,
    StationId,
    StrategyId,
    VenueOrderId,
)
from engine.core.instrument import Family, Instrument, Payoff, Strike
from engine.core.reading import HourQuantiles, Reading, ReportKind
from engine.core.snapshot import Snapshot, StationRow
from engine.core.units import HOUR, MINUTE, SECOND, Leg, Lots, Money, Nanos, Qty, Side, Ticks
from engine.core.when import instant
from engine.kernel.step import Kernel
from engine.maths.fees import trade_fee
from engine.venues import registry
from engine.views import topics
from widgets import theme
from widgets.brackets import BoardPanel
from widgets.connections import ConnectionsPanel
from widgets.gates import GatesPanel
from widgets.ladder import LadderPanel
from widgets.orders import OrdersPanel
from widgets.scenarios import ScenariosPanel

NOON = instant("2026-07-03T18:00:00Z")
CLOSES = instant("2026-07-04T05:59:00Z")
FAMILY = FamilyId("kalshi:KXHIGHCHI-26JUL03")
SPANS = ((None, 83), (84, 85), (86, 87), (88, 89), (90, 91), (92, None))
FAIRS = (600, 2_700, 4_300, 1_900, 500, 100)
FEE = FeeRule(kind="kalshi", rate=Decimal("0.07"))


class Scene:
    """A kernel and the clock its events carry."""

    def __init__(self):
        self.kernel = Kernel()
        self.at = NOON
        self.presses = 0
        stations = tuple(StationRow(**facts) for facts in resources.load_stations())
        snapshot = Snapshot(
            profile="", mode="paper", account_name="paper", place="Chicago", utc_offset_hours=-6,
            stations=stations, salt="5ce7e5ce7e5c", venues=registry.ROWS,
        )  # fmt: skip
        self.do(Opened(at=self.at, snapshot=snapshot))

    def do(self, event):
        """Step an event, and let the disk take what it kept; return what was sent."""
        sent = []
        todo = [event]
        while todo:
            for effect in self.kernel.step(todo.pop(0)):
                if isinstance(effect, Keep) and effect.then:
                    todo.append(Kept(at=self.at, what=effect.then))
                elif isinstance(effect, Submit):
                    sent.append(effect.order)
        return sent

    def ask(self, command):
        """Press something, a while after the last press."""
        self.presses += 1
        return self.do(Asked(at=self.at, command=command, pressed_at=Nanos(self.presses * MINUTE)))

    def later(self, seconds):
        self.at = Nanos(self.at + seconds * SECOND)


def symbol(index):
    low, high = SPANS[index]
    return f"T{high + 1}" if low is None else f"T{low - 1}" if high is None else f"B{low}.5"


def instrument(index):
    low, high = SPANS[index]
    return Instrument(
        id=InstrumentId(KALSHI, f"KXHIGHCHI-26JUL03-{symbol(index)}"), title=f"High of Chicago {symbol(index)}",
        label=symbol(index), family=FAMILY, fee=FEE, closes=CLOSES, strike=Strike(low=low, high=high, unit="°F"),
        source="The Weather Company",
    )  # fmt: skip


def markets(scene):
    """Links, listings, books, a forecast."""
    for venue in (KALSHI, POLYMARKET):
        for channel in ("market", "account"):
            scene.do(LinkChanged(at=scene.at, venue=venue, up=True, channel=channel))
        scene.do(Pictured(at=scene.at, venue=venue, asked_at=scene.at))
    scene.do(LinkChanged(at=scene.at, venue=BINANCE, up=True, channel="market"))
    members = tuple(instrument(index) for index in range(len(SPANS)))
    family = Family(
        id=FAMILY, title="Highest temperature in Chicago on Jul 3, 2026?", group="Weather · high",
        members=tuple(one.id for one in members), exclusive=True, exhaustive=True,
        why="the strikes cover every whole degree once", station="KMDW", unit="°F", closes=CLOSES,
    )  # fmt: skip
    scene.do(Listed(at=scene.at, family=family, instruments=members))
    for index, one in enumerate(members):
        scene.do(book(scene, one.id, FAIRS[index]))
    hours = tuple(
        HourQuantiles(valid_at=Nanos(NOON + h * HOUR), p10=84.2 - h / 9, p50=86.4 - h / 9, p90=88.6 - h / 9)
        for h in range(10)
    )
    scene.do(StationForecast(at=scene.at, station=StationId("KMDW"), run="HRRR 17Z", hours=hours))
    return members


def book(scene, one, fair, extra=()):
    asks = [(fair + 100 + 100 * n, 14_500 + 2_700 * ((n * 7) % 5)) for n in range(9) if fair + 100 + 100 * n < 10_000]
    bids = [(fair - 100 * n, 18_000 + 3_100 * ((n * 5) % 6)) for n in range(9) if fair - 100 * n > 0]
    level = [tuple((Ticks(p), Lots(n)) for p, n in side) for side in (bids, asks)]
    return BookSnapshot(at=scene.at, instrument=one, bids=level[0], asks=level[1])


def order(scene, one, price, qty, side=Side.BUY, leg=Leg.YES, strategy=None):
    """Place an order and return its id."""
    scene.later(1)
    count = scene.presses
    place = Place(
        instrument=one.id, side=side, leg=leg, price=Ticks(price), qty=Qty(Decimal(qty)), tif=Tif.GTC,
        intent=f"scene-{count}", origin="ladder", strategy=strategy,
    )  # fmt: skip
    sent = scene.ask(place)
    if not sent:
        last = list(scene.kernel.state.register)[-1]
        raise SystemExit(f"the scene's order was stopped: {last.why}")
    return sent[0].order


def filled(scene, which, number, price, qty):
    cost = Money(Decimal(price) * qty / 10_000)
    fee = trade_fee(FEE, Side.BUY, Decimal(price) / 10_000, Qty(Decimal(qty)), maker=True, at=scene.at)
    fill = Filled(
        at=scene.at, order=which, trade_id=f"trade-{number}", price=Decimal(price) / 10_000,
        qty=Qty(Decimal(qty)), cost=cost, fee=fee, maker=True,
    )  # fmt: skip
    scene.do(fill)


def orders(scene, members):
    """One order in each state on the bracket in the middle, and a position."""
    one = members[2]
    accepted = lambda which: scene.do(Accepted(at=scene.at, order=which, venue_order=VenueOrderId(f"v-{which}")))  # noqa: E731
    held = order(scene, one, 4_200, 24)
    accepted(held)
    filled(scene, held, 1, 3_850, 24)
    working = order(scene, one, 4_000, 10)
    partly = order(scene, one, 4_200, 10)
    for which in (working, partly):
        accepted(which)
    filled(scene, partly, 2, 4_200, 4)
    cancelling = order(scene, one, 3_800, 10)
    accepted(cancelling)
    scene.ask(Cancel(order=OrderId(cancelling)))
    amending = order(scene, one, 3_700, 10)
    accepted(amending)
    scene.ask(Amend(order=OrderId(amending), price=Ticks(3_600), qty=Qty(Decimal(10))))
    order(scene, one, 3_900, 10)
    for price in (4_600, 4_800):
        accepted(order(scene, one, price, 10, Side.SELL))
    accepted(order(scene, members[3], 1_800, 15))
    unknown = order(scene, one, 3_500, 10)
    scene.do(Lost(at=scene.at, order=unknown, why="no answer within 5 s"))
    for n, taker in enumerate((Side.BUY, Side.SELL, Side.BUY, Side.BUY)):
        price = Ticks(4_300 + 100 * (n % 2))
        scene.do(Trade(at=scene.at, instrument=one.id, price=price, lots=Lots(1_900 + 700 * n), taker=taker))


def alive(scene):
    """Both venues' links bring something."""
    for venue in (KALSHI, POLYMARKET):
        report(scene, venue, frames=scene.at // SECOND, skew_ms=3.0)


def automated(scene, members):
    """A strategy that goes on and on: its limits fill, and one of them refuses."""
    name = StrategyId("bracket_leader")
    for index, price, qty in ((1, 2_600, 40), (3, 1_800, 60), (4, 400, 50)):
        alive(scene)
        which = order(scene, members[index], price, qty, strategy=name)
        scene.do(Accepted(at=scene.at, order=which, venue_order=VenueOrderId(f"v-{which}")))
        filled(scene, which, which, price, qty)
    for _ in range(int(scene.kernel.state.limits["STRATEGY_REPEAT"])):
        scene.later(4)
        alive(scene)
        which = order(scene, members[2], 4_100, 5, strategy=name)
        scene.do(Accepted(at=scene.at, order=which, venue_order=VenueOrderId(f"v-{which}")))
    place = Place(
        instrument=members[2].id, side=Side.BUY, price=Ticks(4_100), qty=Qty(Decimal(5)), tif=Tif.GTC,
        intent="scene-refused", strategy=name,
    )  # fmt: skip
    scene.later(4)
    alive(scene)
    if scene.ask(place):
        raise SystemExit("the scene's order was not stopped")


def report(scene, venue, **facts):
    scene.do(LinkReport(at=scene.at, venue=venue, **facts))


def skies(scene):
    """Weather services: one that answers, one that fails in part, one with a day's allowance."""

    def errand(what, minutes, next_s=60, why=""):
        at = Nanos(scene.at - minutes * MINUTE)
        return Errand(what=what, ok_at=at, news_at=at, next_at=Nanos(scene.at + next_s * SECOND), why=why)

    iem = (errand("reports", 2), errand("climate reports", 40, 400))
    nws = (errand("forecasts", 12, 500), errand("alerts", 3, 45, "NWS: HTTP 503 to /alerts/active"))
    rows = (errand("five-minute rows", 6, 300),)
    hourly = "KNYC reports once an hour: 82 % of its five-minute rows are that value repeated"
    for event in (
        SourceReport(at=scene.at, source="iem", title="IEM", errands=iem, stations=7, requests=212, unchanged=9,
                     host="mesonet.agron.iastate.edu"),
        SourceReport(at=scene.at, source="nws", title="NWS", errands=nws, stations=7, requests=96, unchanged=71,
                     host="api.weather.gov"),
        SourceReport(at=scene.at, source="visual_crossing", title="Visual Crossing", errands=rows, stations=6,
                     requests=14, room=0.62, host="weather.visualcrossing.com", keys="keyring", refused=(hourly,)),
    ):  # fmt: skip
        scene.do(event)


def picture(widget, view, topic, size, path):
    widget.resize(*size)
    widget.show()
    if topic != topics.SPINE:
        widget.render(topics.SPINE, SCENE.kernel.view(topics.SPINE))
    widget.render(topic, view)
    for _ in range(8):
        QApplication.processEvents()
    if not widget.grab().save(str(path), "PNG"):
        raise SystemExit(f"{path} cannot be written")
    widget.hide()


def seen(widget, kernel, shown, size, path):
    """Picture a widget with the views of a kernel."""
    widget.resize(*size)
    widget.show()
    for topic in shown:
        widget.render(topic, kernel.view(topic))
    for _ in range(8):
        QApplication.processEvents()
    if not widget.grab().save(str(path), "PNG"):
        raise SystemExit(f"{path} cannot be written")
    widget.hide()


def main(folder):
    global SCENE
    SCENE = scene = Scene()
    app = QApplication(["scenes"])
    theme.install(app, "dark")
    members = markets(scene)
    orders(scene, members)
    one = members[2]
    ladder, board, blotter, links = LadderPanel(), BoardPanel(), OrdersPanel(), ConnectionsPanel()
    ladder.set_instrument(one.id)
    board.set_market(FAMILY)
    board.show_chosen(one.id)
    topic = topics.ladder(one.id.symbol)
    picture(ladder, scene.kernel.view(topic), topic, (880, 760), folder / "venue-ladder.png")
    topic = topics.board(FAMILY)
    picture(board, scene.kernel.view(topic), topic, (1040, 300), folder / "venue-board.png")
    picture(blotter, scene.kernel.view(topics.ORDERS), topics.ORDERS, (1280, 330), folder / "venue-orders.png")
    report(scene, KALSHI, latency_ms=38.0, frames=20_412, gaps=1, resyncs=1, skew_ms=-14.0, read_room=0.92,
           write_room=0.8, cancel_room=1.0, sockets=1, subscribed=6, host="external-api.kalshi.com")  # fmt: skip
    report(scene, POLYMARKET, latency_ms=61.0, frames=9_118, reconnects=2, skew_ms=3.0, read_room=1.0,
           write_room=1.0, cancel_room=1.0, sockets=1, subscribed=2, host="clob.polymarket.com")  # fmt: skip
    report(scene, BINANCE, frames=51_070, reconnects=4, errors=1, host="data-stream.binance.vision")
    skies(scene)
    scene.later(41)
    scene.do(book(scene, one.id, 4_300))
    scene.do(BooksStale(at=scene.at, venue=KALSHI, instruments=(members[5].id,), why="sequence gap 88 → 91"))
    down = "the venue closed the connection (1012)"
    scene.do(LinkChanged(at=scene.at, venue=BINANCE, up=False, channel="market", why=down))
    view = scene.kernel.view(topics.CONNECTIONS)
    picture(links, view, topics.CONNECTIONS, (1500, 236), folder / "venue-connections.png")
    days.pictures(folder, seen)
    makers.pictures(folder, seen)
    windows.pictures(folder, seen)
    maps.pictures(folder, seen)
    option_scenes.pictures(folder)
    risk(folder)


def risk(folder):
    """The gates with one refusing, and what is open under each member of the weather and each price of a coin."""
    global SCENE
    SCENE = scene = Scene()
    members = markets(scene)
    for hour in range(12, 19):
        at = Nanos(scene.at - (18 - hour) * HOUR - 7 * MINUTE)
        for station, warm in (("KMDW", 220), ("KLGA", 236)):
            reading = Reading(station=StationId(station), measured_at=at, kind=ReportKind.ROUTINE, source="IEM",
                              raw=f"METAR {station} {at}", temp_tenths_c=warm + 9 * (hour - 12),
                              precip_hundredths_in=0, wind_kt=8)  # fmt: skip
            scene.do(Observed(at=scene.at, reading=reading))
    others(scene)
    automated(scene, members)
    picture(GatesPanel(), scene.kernel.view(topics.GATES), topics.GATES, (1500, 560), folder / "gates-refusing.png")
    view = scene.kernel.view(topics.SCENARIOS)
    picture(ScenariosPanel(), view, topics.SCENARIOS, (1500, 290), folder / "scenarios.png")


def others(scene):
    """The low of the same day, another city's high, and a window of a coin, with something open in each."""
    for code, title, station, price in (
        ("KXLOWCHI-26JUL03", "Lowest temperature in Chicago on Jul 3, 2026?", "KMDW", 1_900),
        ("KXHIGHNY-26JUL03", "Highest temperature in New York on Jul 3, 2026?", "KLGA", 2_700),
    ):
        cooler = 20 if "LOW" in code else 0
        family = FamilyId(f"kalshi:{code}")
        some = [structs.replace(instrument(n), id=InstrumentId(KALSHI, f"{code}-{symbol(n)}"), family=family,
                                strike=Strike(low=None if low is None else low - cooler,
                                              high=None if high is None else high - cooler, unit="°F"))
                for n, (low, high) in enumerate(SPANS)]  # fmt: skip
        scene.do(Listed(at=scene.at, instruments=tuple(some), family=Family(
            id=family, title=title, group="Weather", members=tuple(one.id for one in some), exclusive=True,
            exhaustive=True, station=station, unit="°F", closes=CLOSES)))  # fmt: skip
        for index, one in enumerate(some):
            scene.do(book(scene, one.id, FAIRS[index]))
        alive(scene)
        held = order(scene, some[1 if price == 2_700 else 3], price, 30)
        scene.do(Accepted(at=scene.at, order=held, venue_order=VenueOrderId(f"v-{held}")))
        filled(scene, held, held, price, 30)
    spot = InstrumentId(BINANCE, "BTCUSDT")
    pair = Instrument(id=spot, title="BTC/USDT", family=FamilyId("binance:BTCUSDT"), payoff=Payoff.LINEAR,
                      unit=Decimal("0.01"))  # fmt: skip
    scene.do(Listed(at=scene.at, family=Family(id=pair.family, title="BTC/USDT", members=(spot,)), instruments=(pair,)))
    for number, (length, change) in enumerate((("5m", 0), ("15m", 70_000))):
        deal = Trade(at=scene.at, instrument=spot, price=Ticks(10_812_000 + change), lots=Lots(3), taker=Side.BUY)
        scene.do(deal)
        family = FamilyId(f"kalshi:btc-updown-{length}-{(scene.at + 4 * SECOND) // SECOND}")
        one = Instrument(id=InstrumentId(KALSHI, f"BTC-{length}"), title=f"Bitcoin Up or Down {length}", family=family,
                         fee=FEE, closes=CLOSES)  # fmt: skip
        scene.do(Listed(at=scene.at, family=Family(id=family, title=one.title, members=(one.id,)), instruments=(one,)))
        scene.do(book(scene, one.id, 4_800 + 700 * number))
        alive(scene)
        price = 4_500 if number else 4_800
        held = order(scene, one, price, 12, leg=Leg.NO if number else Leg.YES)
        scene.do(Accepted(at=scene.at, order=held, venue_order=VenueOrderId(f"v-{held}")))
        filled(scene, held, held, price, 12)
        scene.later(5)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    target.mkdir(parents=True, exist_ok=True)
    main(target)
