"""NautilusTrader's BacktestEngine over the events: the imbalance read at each, an order now and then."""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal

import numpy as np
from nautilus_trader import __version__
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.data import BookOrder, OrderBookDelta, TradeTick
from nautilus_trader.model.enums import (
    AccountType,
    AggressorSide,
    AssetClass,
    BookAction,
    BookType,
    OmsType,
    OrderSide,
    TimeInForce,
)
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TradeId, Venue
from nautilus_trader.model.instruments import BinaryOption
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

APART = 10_000
VENUE = Venue("SIM")
NAME = InstrumentId(Symbol("BRACKET"), VENUE)


class Config(StrategyConfig, frozen=True):
    """Which instrument."""

    instrument_id: InstrumentId


class Imbalance(Strategy):
    """Looks at the best quotes after each event, and takes a share every ten thousandth."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.looks = self.sent = 0
        self.pressure = 0.0

    def on_start(self) -> None:
        """Begin."""
        self.instrument = self.cache.instrument(self.config.instrument_id)
        self.subscribe_order_book_deltas(self.config.instrument_id, book_type=BookType.L2_MBP)
        self.subscribe_trade_ticks(self.config.instrument_id)

    def on_order_book_deltas(self, deltas) -> None:
        """Look."""
        self.look()

    def on_trade_tick(self, tick) -> None:
        """Look."""
        self.look()

    def look(self) -> None:
        """Read the touch."""
        book = self.cache.order_book(self.config.instrument_id)
        bid, ask = book.best_bid_price(), book.best_ask_price()
        if bid is None or ask is None:
            return
        have, want = float(book.best_bid_size()), float(book.best_ask_size())
        self.pressure = (have - want) / (have + want)
        self.looks += 1
        if self.looks % APART == 0:
            self.sent += 1
            self.submit_order(
                self.order_factory.limit(
                    self.config.instrument_id, OrderSide.BUY, self.instrument.make_qty(1), ask,
                    time_in_force=TimeInForce.IOC,
                )
            )  # fmt: skip


def data(rows: np.ndarray) -> list:
    """Return the events as its own objects."""
    found = []
    for n, (at, kind, side, price, lots) in enumerate(rows.tolist()):
        cents, qty = Price(price / 10_000, 2), Quantity(max(lots, 1) / 100, 2)
        if kind:
            found.append(TradeTick(NAME, cents, qty, AggressorSide.BUYER if side > 0 else AggressorSide.SELLER,
                                   TradeId(str(n)), at, at))  # fmt: skip
        else:
            order = BookOrder(OrderSide.BUY if side > 0 else OrderSide.SELL, cents, qty if lots else Quantity(0, 2), 0)
            found.append(OrderBookDelta(NAME, BookAction.UPDATE if lots else BookAction.DELETE, order, 0, n, at, at))
    return found


def main(file: str) -> None:
    """Run once, and print events a second of the run alone."""
    rows = np.load(file)
    engine = BacktestEngine(config=BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        venue=VENUE, oms_type=OmsType.NETTING, account_type=AccountType.CASH, base_currency=USDC,
        starting_balances=[Money(1_000_000, USDC)], book_type=BookType.L2_MBP,
    )  # fmt: skip
    engine.add_instrument(
        BinaryOption(
            instrument_id=NAME, raw_symbol=NAME.symbol, asset_class=AssetClass.ALTERNATIVE, currency=USDC,
            price_precision=2, size_precision=2, price_increment=Price.from_str("0.01"),
            size_increment=Quantity.from_str("0.01"), activation_ns=0, expiration_ns=int(rows["at"][-1]) + 10**15,
            maker_fee=Decimal(0), taker_fee=Decimal(0), ts_event=0, ts_init=0,
        )
    )  # fmt: skip
    strategy = Imbalance(Config(instrument_id=NAME))
    engine.add_strategy(strategy)
    began = time.perf_counter()
    engine.add_data(data(rows))
    built, cpu = time.perf_counter(), time.process_time()
    engine.run()
    ended, spent = time.perf_counter(), time.process_time() - cpu
    fills = len(engine.cache.orders_closed())
    about = {"lane": "nautilus_trader", "version": __version__, "looks": strategy.looks, "orders": strategy.sent}
    rates = {"rate": len(rows) / (ended - built), "cpu_rate": len(rows) / spent, "build_s": built - began}
    print(json.dumps({**about, **rates, "closed": fills}))


if __name__ == "__main__":
    main(sys.argv[1])
