"""Pictures of the options desk: a chain with its smile, the payoff of three legs, requests in three states, a hedge.

Made by `scenes.py`. Chain and legs are those of the simulated market, told to a real kernel by its own feed; requests
and hedges are those of the world that the desk's tests trade in, with every answer of a venue said by hand.
"""

from decimal import Decimal

from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from engine.core.commands import SetParameter, SetStrategy, StrategyState, Watch
from engine.core.effects import Follow, Keep, Look
from engine.core.events import Asked, Kept, LinkChanged, Opened, Pictured
from engine.core.ids import DERIBIT
from engine.core.quotes import QuoteLeg
from engine.core.snapshot import Snapshot
from engine.core.units import MINUTE, SECOND, Nanos, Side
from engine.core.when import instant
from engine.kernel.step import Kernel
from engine.sandbox.coin import Coin
from engine.sandbox.option_feed import ROW, OptionFeed
from engine.sandbox.option_market import OptionMarket
from engine.strategies import hedger, rfq_desk
from engine.views import topics
from tests.engine.kernel.rfq.world import PUT, World
from widgets import theme
from widgets.hedging import HedgingPanel
from widgets.legs import LegsPanel
from widgets.option_chain import OptionsPanel
from widgets.option_picture import Spot
from widgets.payoff import PayoffPanel
from widgets.rfq import RfqPanel
from widgets.smile import SmilePanel

START = instant("2026-07-03T18:00:00Z")
SIZES = (("dark", 1920, 1080), ("light", 1366, 768))


class Market:
    """A kernel that hears the simulated options and nothing else."""

    def __init__(self):
        self.at, self.presses = START, 0
        self.kernel = Kernel()
        self.feed = OptionFeed(OptionMarket(7, Coin(7, START)), lambda: self.at)
        snapshot = Snapshot(profile="", mode="paper", account_name="paper", place="Chicago", utc_offset_hours=-6,
                            salt="5ce7e5ce7e5c", venues=(ROW,), venue_cash=((DERIBIT, Decimal(100_000)),))  # fmt: skip
        self.step(Opened(at=self.at, snapshot=snapshot))
        for channel in ("market", "account"):
            self.step(LinkChanged(at=self.at, venue=DERIBIT, up=True, channel=channel))
        self.run(3)

    def step(self, event):
        """Step an event; what it kept is on disk at once, what is followed is told."""
        for effect in self.kernel.step(event):
            if isinstance(effect, Keep) and effect.then:
                self.step(Kept(at=self.at, what=effect.then))
            elif isinstance(effect, Look):
                self.step(Pictured(at=self.at, venue=DERIBIT, asked_at=self.at))
            elif isinstance(effect, Follow):
                self.feed.want(frozenset(effect.instruments))
        return True

    def run(self, seconds):
        """Let the market talk for a while."""
        for _ in range(2 * seconds):
            self.at = Nanos(self.at + SECOND // 2)
            self.feed.tick(self.step, self.at)

    def ask(self, command):
        """Press something."""
        self.presses += 1
        self.step(Asked(at=self.at, command=command, pressed_at=Nanos(self.presses * MINUTE)))


def beside(*parts, over=False):
    """Return widgets in a row, or over one another."""
    page = QWidget()
    layout = (QVBoxLayout if over else QHBoxLayout)(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for part, stretch in parts:
        layout.addWidget(part, stretch)
    return page


def save(widget, size, path):
    """Draw a widget at a size."""
    widget.resize(*size)
    widget.show()
    for _ in range(8):
        QApplication.processEvents()
    if not widget.grab().save(str(path), "PNG"):
        raise SystemExit(f"{path} cannot be written")
    widget.hide()


def pictures(folder):
    """Take all pictures."""
    market = Market()
    for look, wide, tall in SIZES:
        theme.install(QApplication.instance(), look)
        chain(market, folder / f"options-chain-{look}-{wide}.png", (wide, tall * 47 // 100))
        payoff(market, folder / f"options-payoff-{look}-{wide}.png", (wide, tall * 34 // 100))
    theme.install(QApplication.instance(), "dark")
    requests(folder / "options-rfq.png")
    hedge(folder / "options-hedge.png")


def docks(market):
    """Return chain, smile and legs that show the simulated market, followed and told."""
    options, smile = OptionsPanel(), SmilePanel()
    options.intent.connect(lambda command: market.ask(command) if isinstance(command, Watch) else None)
    options.chain_chosen.connect(smile.set_chain)
    options.render(topics.EXPIRIES, market.kernel.view(topics.EXPIRIES))
    market.run(8)
    topic = topics.chain(topics.chain_key(options.key))
    for panel in (options, smile):
        panel.render(topics.EXPIRIES, market.kernel.view(topics.EXPIRIES))
        panel.render(topic, market.kernel.view(topic))
    return options, smile


def chain(market, path, size):
    """An expiry with quotes, volatilities and greeks, and its smile."""
    options, smile = docks(market)
    options.grid.select(Spot(len(options.grid.rows) // 2 + 1, put=False))
    save(beside((options, 2), (smile, 1)), size, path)


def payoff(market, path, size):
    """A plan of three legs of the chain: a bought call, two sold further out, a bought put."""
    options, _ = docks(market)
    legs, picture, grid = LegsPanel(), PayoffPanel(), PayoffPanel()
    for one in (picture, grid):
        legs.position_changed.connect(one.show_position)
    options.leg_wanted.connect(legs.add_leg)
    legs.render(topics.EXPIRIES, market.kernel.view(topics.EXPIRIES))
    legs.render(topics.GREEKS, market.kernel.view(topics.GREEKS))
    middle = len(options.grid.rows) // 2
    for row, put, side, times in ((middle, False, Side.BUY, 1), (middle + 3, False, Side.SELL, 2),
                                  (middle - 3, True, Side.BUY, 1)):  # fmt: skip
        for _ in range(times):
            options._leg(Spot(row, put), side)
    grid.views.set_value("grid")
    grid._turned()
    save(beside((legs, 5), (picture, 6), (grid, 7)), size, path)


def requests(path):
    """One request that waits for the trader, one that is quoted, one that was taken and hedged."""
    world = World()
    world.request(name="4809")
    world.taken(world.signed[-1])
    for order in list(world.orders):
        world.fills(order)
    world.at = Nanos(world.at + 9 * SECOND)
    world.quote()
    world.request(name="4811", legs=(QuoteLeg(instrument=PUT, side=Side.BUY),), side=Side.SELL)
    world.ask(SetParameter(strategy=rfq_desk.NAME, name="auto", value="off"))
    world.at = Nanos(world.at + 4 * SECOND)
    world.quote()
    asked = world.request(name="4812", qty="2", side=Side.SELL, expires=Nanos(world.at + 40 * SECOND))
    world.at = Nanos(world.at + 2 * SECOND)
    world.quote()
    panel = RfqPanel()
    for topic in (topics.SPINE, topics.RFQ, topics.rfq_chain(asked.trace)):
        panel.render(topic, world.kernel.view(topic))
    states = [row.state for row in world.kernel.view(topics.RFQ).rows]
    if sorted(set(states)) != ["HEDGED", "PENDING", "QUOTED"]:
        raise SystemExit(f"the requests stand as {states}, and not in three states")
    save(panel, (446, 530), path)


def hedge(path):
    """The same underlying before the hedger may act and after its hedge has filled."""
    world = World()
    world.tell(hedge="none")
    world.request(qty="2")
    world.taken(world.signed[0])
    world.quote()
    before = HedgingPanel()
    show(before, world)
    world.ask(SetStrategy(strategy=hedger.NAME, to=StrategyState.PAPER))
    filled = 0
    for _ in range(20):
        world.quote()
        world.run(Nanos(world.at + SECOND))
        for order in world.orders[filled:]:
            world.fills(order)
        filled = len(world.orders)
    after = HedgingPanel()
    show(after, world)
    save(beside((before, 1), (after, 1)), (900, 330), path)


def show(panel, world):
    """Draw what the kernel says of hedges."""
    for topic in (topics.SPINE, topics.HEDGING):
        panel.render(topic, world.kernel.view(topic))
