"""Every setting of the terminal, one entry each: add yours here and it is read, checked, overridden and shown."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import resources
from app.key_kinds import CHANNELS, FIELDS
from app.loglevels import ENTRY
from app.setting import Kind, Setting
from engine.core.ids import VISUAL_CROSSING, VenueId
from engine.options import assets
from engine.risk.limits import SPECS
from engine.views.analytics.registry import COLUMNS
from widgets import protect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.risk.limits import LimitSpec

PAGES: Final = (
    "General",
    "Appearance",
    "Trading",
    "Risk",
    "Accounts",
    "Feeds",
    "Data",
    "Notifications",
    "Strategies",
    "Advanced",
)
VENUES: Final = ("kalshi", "polymarket", "binance")
"""On unless it is said otherwise."""
EVERY_VENUE: Final = (*VENUES, "deribit", "derive", "rysk")
WEATHER: Final = ("iem", "nws", "visual_crossing")
MODELS: Final = ("hrrr", "nbm", "gefs", "ecmwf", "jma")
HIGHS: Final = ("KXHIGHCHI", "KXHIGHNY", "KXHIGHLAX", "KXHIGHMIA", "KXHIGHAUS", "KXHIGHDEN", "KXHIGHPHIL")
CITIES: Final = {
    "chicago": "CHI",
    "new york": "NY",
    "nyc": "NY",
    "los angeles": "LAX",
    "miami": "MIA",
    "austin": "AUS",
    "denver": "DEN",
    "philadelphia": "PHIL",
}
"""Cities with a daily series of highs, as Kalshi ends the name of the series."""
STRATEGIES: Final = (
    ("latency_arb", "S1 latency", "STRAT_LATENCY_ARB"),
    ("certainty_capture", "S2 certainty", "STRAT_CERTAINTY_CAPTURE"),
    ("convexity_fade", "S3 convexity fade", "STRAT_CONVEXITY_FADE"),
    ("strike_misalign", "S4 strike misalignment", "STRAT_STRIKE_MISALIGN"),
    ("lp_extreme", "S5 passive extremes", "STRAT_LP_EXTREME"),
    ("cross_timeframe", "S6 across windows", "STRAT_CROSS_TF"),
    ("bracket_momentum", "Bracket momentum", "STRAT_BRACKET_MOMENTUM"),
    ("market_maker", "Market maker", "STRAT_MARKET_MAKER"),
    ("option_maker", "Options market maker", "STRAT_OPTION_MAKER"),
    ("rfq", "RFQ desk", "STRAT_RFQ"),
    ("hedger", "Hedger", "STRAT_HEDGER"),
)
MODEL: Final = "strategies.momentum_model"
LEFT: Final = "as left"
"""A strategy begins as the ledger has it."""
_SPOKEN_STATE: Final = dict.fromkeys(("1", "true", "on", "yes"), "paper") | dict.fromkeys(("0", "false", "no"), "off")
LANGUAGES: Final = ("en", "pseudo", *sorted(one.stem for one in resources.path("languages").glob("*.json")))
_NAMES: Final = {VISUAL_CROSSING: "Visual Crossing", VenueId("ntfy"): "ntfy"}
_SERIES: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_SIGNS: Final = "letters, digits, dot, dash and underscore"
_CONTRACT: Final = r"(0x[0-9a-fA-F]{40})?"
_HEX: Final = "0x and 40 hexadecimal digits, or nothing for the environment's own,"
_CONTACT: Final = r"[\x21-\x27\x2a-\x5b\x5d-\x7e]{0,120}"
_ADDRESS: Final = r"(https://[A-Za-z0-9.-]{1,200}(:\d{1,5})?/?|http://(127\.0\.0\.1|localhost)(:\d{1,5})?/?)?"

B, D, C, T, P, L = Kind.BOOL, Kind.DURATION, Kind.CHOICE, Kind.TEXT, Kind.PATH, Kind.LIST

_GENERAL: Final = (
    Setting("start.desk", C, "ask", "General", "Desk at the start",
            "Which desk opens without asking. The live desk begins disarmed: orders leave only once it was armed here.",
            choices=("ask", "demo", "paper", "live"), variable="TRADE_MODE"),
    Setting("start.docks", C, "splitters", "Advanced", "Layout of docks",
            "Our own splitters, or Qt's Advanced Docking System; both show the same layout.",
            choices=("splitters", "ads")),
    Setting("format.decimal", C, "point", "General", "Decimal sign", "How fractions of numbers are written.",
            choices=("point", "comma"), now=True),
    Setting("format.thousands", C, "space", "General", "Thousands", "What parts the thousands of a number.",
            choices=("space", "apostrophe", "none"), now=True),
    Setting("format.clock", C, "24 h", "General", "Clock", "Times of day with 24 hours, or with am and pm.",
            choices=("24 h", "12 h"), now=True),
    Setting("format.zone", C, "market", "General", "Time zone",
            "Times of tables and of the clock: of the market, of this machine, or UTC. Days of stations stay theirs.",
            choices=("market", "machine", "utc"), now=True),
    Setting("general.language", C, "en", "General", "Language",
            "Words of the screen. Pseudo lengthens every word, to find what a translation would cut off.",
            choices=LANGUAGES),
)  # fmt: skip
_LOOK: Final = (
    Setting("look.theme", C, "dark", "Appearance", "Theme",
            "Colours of the screen; contrast is black, white and strong marks.",
            choices=("dark", "light", "contrast"), now=True),
    Setting("look.rises", C, "blue", "Appearance", "Rises and gains",
            "Colour of what rises and what was won; the other one is for falls and losses.",
            choices=("blue", "red"), now=True),
    Setting("look.density", C, "normal", "Appearance", "Density", "Height of rows in tables, ladder and board.",
            choices=("compact", "normal", "large")),
    Setting("look.market_columns", L, (), "Appearance", "Computed columns of markets",
            "Columns more in the markets tree and watchlists, where there is room. " + " ".join(
                f"{key}: {one.help}" for key, one in COLUMNS.items()), choices=tuple(COLUMNS), now=True),
    Setting("look.reduce_motion", B, False, "Appearance", "Reduce motion", "Nothing flashes, fades or drifts.",
            now=True),
)  # fmt: skip
_TRADING: Final = (
    Setting("trading.size", Kind.INT, 10, "Trading", "Size at the start", "Shares of the first order of a ladder.",
            low=1, high=100_000),
    Setting("trading.protect", Kind.INT, protect.DEFAULT, "Trading", "Protect offset",
            "How far past the best price a click, a drag or a key of a ladder may go; further only by Ctrl+click. A "
            "tick is a row of the ladder: a step of the market's own prices. It is also how much worse B, S and a "
            "basket may buy on the curve of our own exchange.",
            low=protect.LOW, high=protect.HIGH, unit="ticks", now=True),
    Setting("trading.click_cancels", B, False, "Trading", "One click cancels",
            "The first click on an own order in a ladder takes it back; else it selects, and the second one does.",
            now=True),
    Setting("trading.ask_on_paper", B, False, "Trading", "Ask about doubts on paper",
            "A ladder asks about an order's doubts before it sends, as it always does where money is real.", now=True),
    Setting("trading.log_bars", B, False, "Trading", "Size bars by logarithm",
            "Bars of a ladder grow with the logarithm of a size, so that one large order does not hide the others.",
            now=True),
)  # fmt: skip
_OPTIONS: Final = (
    Setting("options.assets", L, tuple(assets.written(row) for row in assets.DEFAULT), "Trading", "What prices assets",
            "The venue and its future or perpetual that price options on an asset, and hedge what is held of it.",
            shape=assets.SHAPE, words=assets.WORDS),
)  # fmt: skip
_FEEDS: Final = (
    Setting("venues.on", L, VENUES, "Feeds", "Venues", "Which venues a desk connects to.", choices=EVERY_VENUE),
    Setting("venues.kalshi.environment", C, "prod", "Feeds", "Kalshi environment",
            "Keys of one are worth nothing in the other.", choices=("prod", "demo")),
    Setting("venues.kalshi.city", C, "", "Feeds", "Kalshi city",
            "Follow the highs of this city alone; without one all series below are followed.",
            choices=("", *dict.fromkeys(CITIES.values())), variable="CITY", spoken=CITIES, unset="all series"),
    Setting("venues.kalshi.series", L, HIGHS, "Feeds", "Kalshi series", "Series tickers that are looked up.",
            shape=_SERIES, words=_SIGNS),
    Setting("venues.polymarket.environment", C, "prod", "Feeds", "Polymarket environment", "It has no other.",
            choices=("prod",)),
    Setting("venues.polymarket.series", L, ("btc-updown-5m", "btc-updown-15m"), "Feeds", "Polymarket series",
            "Slugs of series that are looked up.", shape=_SERIES, words=_SIGNS),
    Setting("venues.polymarket.host", T, "", "Feeds", "Polymarket CLOB address",
            "Where orders and books are asked for, where it is not the venue's own.", variable="CLOB_HOST",
            shape=_ADDRESS, words="https and a host such as https://clob.polymarket.com, or http on this machine,"),
    Setting("venues.polymarket.chain_id", Kind.INT, 137, "Feeds", "Polymarket chain",
            "Polygon: the contracts that orders are signed for are nowhere else.", low=137, high=137,
            variable="CHAIN_ID"),
    Setting("venues.binance.environment", C, "prod", "Feeds", "Binance environment", "It has no other.",
            choices=("prod",)),
    Setting("venues.binance.series", L, ("BTCUSDT",), "Feeds", "Binance symbols", "Spot symbols that are followed.",
            shape=_SERIES, words=_SIGNS),
    Setting("venues.deribit.environment", C, "prod", "Feeds", "Deribit environment",
            "Accounts and keys of one are worth nothing in the other.", choices=("prod", "demo")),
    Setting("venues.deribit.series", L, ("BTC-FUTURES", "ETH-FUTURES", "BTC-OPTIONS", "ETH-OPTIONS"), "Feeds",
            "Deribit instruments",
            "Futures and the perpetual of a coin, its options, one expiry such as BTC-27NOV26, or a coin against USDC "
            "such as SOL_USDC. Of all options of a coin only the chains that are looked at are followed.",
            shape=_SERIES, words=_SIGNS),
    Setting("venues.deribit.login", C, "signature", "Feeds", "Deribit login",
            "What proves who asks: a signature, or the secret itself, which then leaves this machine.",
            choices=("signature", "secret")),
    Setting("venues.derive.environment", C, "prod", "Feeds", "Derive environment",
            "Its test network is on Sepolia; accounts of one are unknown to the other.", choices=("prod", "demo")),
    Setting("venues.derive.series", L, ("ETH-PERP", "BTC-PERP"), "Feeds", "Derive instruments",
            "A coin (perpetual, spot and its nearest expiries), one expiry such as ETH-20270326, or an instrument.",
            shape=_SERIES, words=_SIGNS),
    Setting("venues.derive.chain_id", Kind.INT, None, "Feeds", "Derive chain",
            "Of the domain that orders are signed under.", low=1, high=2**53, unset="the environment's own"),
    Setting("venues.derive.contract", T, "", "Feeds", "Derive matching contract",
            "Verifying contract of that domain; the venue has moved it before.", shape=_CONTRACT, words=_HEX),
    Setting("venues.derive.trade", T, "", "Feeds", "Derive trade module", "Contract that orders name.",
            shape=_CONTRACT, words=_HEX),
    Setting("venues.derive.rfq", T, "", "Feeds", "Derive RFQ module", "Contract that quotes name.",
            shape=_CONTRACT, words=_HEX),
    Setting("venues.derive.cancel_on_disconnect", C, "as it is", "Feeds", "Derive cancels on disconnect",
            "Whether the venue takes back all orders and quotes of the wallet when the connection is lost, be it for a "
            "second. The venue keeps it until it is said otherwise.", choices=("as it is", "on", "off")),
    Setting("venues.derive.market_maker_protection", B, False, "Feeds", "Derive market-maker protection",
            "Send orders and quotes under the account's market-maker protection."),
    Setting("venues.rysk.environment", C, "prod", "Feeds", "Rysk environment",
            "Its test network is on Base Sepolia; quotes signed for one are worth nothing in the other.",
            choices=("prod", "demo")),
    Setting("venues.rysk.series", L, (), "Feeds", "Rysk assets",
            "Assets whose requests are heard, such as WETH; without one, those of all that are traded there.",
            shape=_SERIES, words=_SIGNS),
    Setting("venues.rysk.chain_id", Kind.INT, None, "Feeds", "Rysk chain",
            "Of the domain that quotes are signed under; requests for another chain are not quoted.",
            low=1, high=2**53, unset="the environment's own"),
    Setting("venues.rysk.contract", T, "", "Feeds", "Rysk contract",
            "Verifying contract of that domain; each chain has its own.", shape=_CONTRACT, words=_HEX),
    Setting("venues.rysk.dollars", L, (), "Feeds", "Rysk dollar tokens",
            "Tokens that premiums and puts' collateral may be in; without one, the environment's own. A request that "
            "names another is not quoted.", shape=r"0x[0-9a-fA-F]{40}", words=_HEX),
    Setting("venues.ccxt.exchanges", L, (), "Feeds", "Exchanges by way of CCXT",
            "Exchanges to connect to by the library's names, such as okx; they need the extra ccxt.",
            shape=r"[a-z0-9]{2,32}", words="small letters and digits"),
    Setting("venues.ccxt.symbols", L, (), "Feeds", "Symbols of those exchanges",
            "What is looked up there, such as okx:BTC/USDT or okx:BTC: exchange, colon, symbol, id or coin.",
            shape=r"[a-z0-9]{2,32}:[A-Za-z0-9][A-Za-z0-9/:._-]{0,79}", words="an exchange, a colon and a symbol"),
    Setting("venues.ccxt.test_network", B, False, "Feeds", "Their test networks",
            "Connect to the exchanges' own test networks, where the library knows one."),
    Setting("venues.ccxt.collateral", T, "USDT", "Feeds", "Their collateral",
            "Coin whose balance is the account's cash there.", shape=r"[A-Z0-9]{2,16}", words="capitals and digits"),
    Setting("weather.on", L, WEATHER, "Feeds", "Weather services", "Which services are asked.", choices=WEATHER),
    Setting("weather.contact", T, "", "Feeds", "Contact",
            "Told to the services, some of which refuse who names nobody.", shape=_CONTACT,
            words="an address of up to 120 signs without spaces"),
    Setting("weather.stations", L, (), "Feeds", "Stations", "Followed whatever the markets are.", most=100,
            shape=r"K[A-Z0-9]{3}", words="codes such as KMDW", variable="STATION_ID"),
    Setting("weather.areas", L, (), "Feeds", "Areas of alerts", "States whose alerts are wanted; the stations' own "
            "without any.", most=56, shape=r"[A-Z]{2}", words="two letters such as NY"),
    Setting("weather.models", L, None, "Feeds", "Forecast models",
            "Read from their grids; jma is for non-commercial use.", choices=MODELS,
            unset="those that can be read on this machine"),
    Setting("weather.visual_crossing.daily_records", Kind.INT, 1_000, "Feeds", "Visual Crossing records a day",
            "What the key's plan allows.", low=24, high=100_000_000),
)  # fmt: skip
_DATA: Final = (
    Setting("data.keep_journals", D, 30 * 86_400, "Data", "Keep journals",
            "A session's journal is deleted when it is older.", low=86_400, high=3_650 * 86_400),
    Setting("data.journals_gb", Kind.INT, 50, "Data", "Room for journals, GB",
            "Where all of them take more, the oldest are deleted.", low=1, high=100_000),
    Setting("data.journal_file_mb", Kind.INT, 1_000, "Data", "Largest journal file, MB",
            "A session's journal goes on in a new file when one is larger.", low=16, high=100_000),
    Setting("data.journal_file_age", D, 86_400, "Data", "Oldest journal file",
            "A session's journal goes on in a new file when one is older.", low=600, high=30 * 86_400),
    Setting("data.pack_journals", D, 2 * 86_400, "Data", "Pack journals after",
            "Older sessions are packed to about a seventh of their size; they can be replayed all the same.",
            low=86_400, high=3_650 * 86_400),
    Setting("weather.private_file", P, "", "Data", "Private station file",
            "Rows of one's own: station, time, value, unit, quality. A relative path is beside the settings.",
            words="a path of up to 1000 signs"),
)  # fmt: skip
_LOCAL: Final = (
    Setting("log.levels", L, (), "Advanced", "Log levels of parts",
            "What a part of the program writes into its log, such as engine.venues=debug; others write info and above.",
            shape=ENTRY, words="a part, = and debug, info, warning or error", now=True),
    Setting("log.events", B, False, "Advanced", "Log of events",
            "Commands, orders, quotes and settlements as JSON lines in logs/events.jsonl; the journal has all events."),
    Setting("log.trace", B, False, "Advanced", "Performance trace",
            "Records spans from the socket to the screen and the disk; switched off, or at the end, they are written: "
            "logs/trace-….json, for ui.perfetto.dev. The newest 200,000 are kept, in some 50 MB of memory.",
            now=True),
    Setting("updates.check", B, False, "General", "Ask for new versions",
            "Once a day. A newer version is told, never fetched or installed; a program that was built without an "
            "address for it asks nobody."),
    Setting("api.on", B, False, "Advanced", "Local server",
            "Serves metrics, health and a reading API to programs of this machine, on 127.0.0.1, with a token that "
            "lies in the folder api of the profile."),
    Setting("api.port", Kind.INT, 0, "Advanced", "Port of the local server", "0 takes any that is free.",
            low=0, high=65_535),
    Setting("api.orders", B, False, "Advanced", "Programs may order",
            "Gives the local server a token for orders. Where money is real they also have to be ticked at each "
            "arming."),
    Setting("api.markets", B, False, "Advanced", "Programs may list markets",
            "Gives the local server a token that lists markets of the embedded exchange, for operators."),
)  # fmt: skip
FRACTION: Final = "limits.max_exposure_frac"
_EXPOSURE: Final = Setting(
    FRACTION, Kind.DECIMAL, None, "Risk", "Exposure of all strategies, of the balance",
    "Sets STRATEGIES_STAKE at the start: this share of the balance.", low=Decimal(0), high=Decimal(1),
    variable="MAX_EXPOSURE_FRAC", unset="as the ledger has it", kept=False,
)  # fmt: skip


def limit_key(code: str) -> str:
    """Return the key of a limit by the code of its gate."""
    return f"limits.{code.lower()}"


def _limit(spec: LimitSpec) -> Setting:
    unit = spec.unit.strip("/ ")
    kind = Kind.MONEY if spec.unit == "$" else Kind.DECIMAL
    start = f"{spec.start * 100:f}".rstrip("0").rstrip(".") + " % of the balance" if spec.of_equity else ""
    return Setting(
        limit_key(spec.code), kind, None, "Risk", spec.code,
        "Tighter counts at once; looser only while flat, with a reason.",
        low=spec.lowest, high=spec.highest, unit=spec.unit if unit else "", now=True,
        unset=start or f"{spec.start:f} {spec.unit}", kept=False,
    )  # fmt: skip


def _strategies() -> Iterator[Setting]:
    for name, title, variable in STRATEGIES:
        yield Setting(
            f"strategies.{name}", C, LEFT, "Strategies", f"{title} at the start",
            "Off, in the shadow or on paper at the start, or as it was left. Live is armed in the terminal alone.",
            choices=(LEFT, "off", "shadow", "paper"), variable=variable, spoken=_SPOKEN_STATE,
        )  # fmt: skip

    yield Setting(
        MODEL, P, "", "Strategies", "Momentum's classifier",
        "File of a model that atmx train wrote, given to the strategy at the start. Empty leaves what it has.",
        words="a path of up to 1000 signs",
    )  # fmt: skip


def _accounts() -> Iterator[Setting]:
    """Yield what venues, weather services and channels want; `app.keys` keeps and reads it."""
    for page, wants in (("Accounts", FIELDS), ("Notifications", CHANNELS)):
        for whose, fields in wants.items():
            title = _NAMES.get(whose) or str(whose).capitalize()
            for one in fields:
                words = one.label if one.label.startswith("API") else one.label.lower()
                yield Setting(
                    f"accounts.{whose}.{one.name}", Kind.SECRET if one.secret else T, None, page,
                    f"{title}: {words}", one.hint or "As its owner's page shows it.",
                    variable=one.variable, unset="not given", kept=False,
                )  # fmt: skip


SETTINGS: Final[Mapping[str, Setting]] = {
    one.key: one
    for one in sorted(
        (
            *_GENERAL,
            *_LOOK,
            *_TRADING,
            *_OPTIONS,
            _EXPOSURE,
            *(_limit(spec) for spec in SPECS.values()),
            *_accounts(),
            *_FEEDS,
            *_DATA,
            *_LOCAL,
            *_strategies(),
        ),
        key=lambda one: PAGES.index(one.page),
    )
}
"""By key, in the order of the dialog."""
