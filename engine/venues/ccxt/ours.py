"""Our orders on an exchange by way of CCXT, and which trades of them were told. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.core.ids import OrderId

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Known
    from engine.core.units import Nanos

REMEMBERED: Final = 20_000
"""Orders, and trades each, that are remembered."""


@dataclass(slots=True)
class Mine:
    """One order of ours."""

    order: OrderId
    client: str
    instrument: InstrumentId
    sent_at: Nanos
    venue_order: str = ""
    told: Decimal = Decimal(0)
    """How much of it was told as filled, in earlier sessions too."""
    unseen: Decimal = Decimal(0)
    """Of that, what was told before it was named here: its trades may be shown once more."""
    made_up: Decimal = Decimal(0)
    """What fills came to at the prices they were told at, where the exchange shows no trades and they are made up."""
    accepted: bool = False
    ended: bool = False


@dataclass(slots=True)
class Ours:
    """All orders of ours that this session has named."""

    _by_client: OrderedDict[str, Mine] = field(default_factory=OrderedDict)
    _trades: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def learn(self, known: Known) -> Mine:
        """Name an order that the kernel knows, such as one of an earlier session."""
        mine = self._by_client.get(known.client)
        if mine is None:
            order = OrderId(known.order)
            told = Decimal(known.filled)
            mine = self.keep(Mine(order, known.client, known.instrument, known.sent_at, told=told, unseen=told))
        if known.venue_order and not mine.venue_order:
            mine.venue_order, mine.accepted = known.venue_order, True
        return mine

    def keep(self, mine: Mine) -> Mine:
        """Name an order; return it."""
        self._by_client[mine.client] = mine
        while len(self._by_client) > REMEMBERED:
            gone = next((client for client, one in self._by_client.items() if one.ended), next(iter(self._by_client)))
            del self._by_client[gone]
        return mine

    def forget(self, mine: Mine) -> None:
        """Drop an order that never came to be."""
        self._by_client.pop(mine.client, None)

    def open(self) -> list[Mine]:
        """Return those that have not ended."""
        return [one for one in self._by_client.values() if not one.ended]

    def of_row(self, instrument: InstrumentId, row: Any) -> Mine | None:  # noqa: ANN401 - as the library gives it
        """Return the order that a row of the library is of; ids are some exchanges' own for each instrument."""
        return next((one for one in self._in(instrument) if is_of(row, one)), None)

    def of_trade(self, instrument: InstrumentId, trade: Any) -> Mine | None:  # noqa: ANN401 - as the library gives it
        """Return the order that a trade of the library is of."""
        name = str(trade.get("order") or "")
        return next((one for one in self._in(instrument) if name and one.venue_order == name), None)

    def _in(self, instrument: InstrumentId) -> list[Mine]:
        return [one for one in self._by_client.values() if one.instrument == instrument]

    @staticmethod
    def count(mine: Mine, qty: Decimal) -> None:
        """Add a trade to what was told of an order, but for what was told of it before it was named."""
        before = min(qty, mine.unseen)
        mine.unseen -= before
        mine.told += qty - before

    def first(self, instrument: InstrumentId, trade: Any) -> bool:  # noqa: ANN401 - as the library gives it
        """Whether a trade is met for the first time; from then on it is not."""
        key = f"{instrument.symbol}:{trade['id']}"
        if key in self._trades:
            return False
        self._trades[key] = None
        if len(self._trades) > REMEMBERED:
            self._trades.popitem(last=False)
        return True


def is_of(row: Any, mine: Mine) -> bool:  # noqa: ANN401
    """Whether an order of the library is one of ours."""
    name = str(row.get("id") or "")
    return bool(mine.venue_order and name == mine.venue_order) or client_of(row) == mine.client


def client_of(row: Any) -> str:  # noqa: ANN401
    """Return our id of an order, which the library does not always carry over from the exchange's own row."""
    info = row.get("info")
    return str(row.get("clientOrderId") or (info.get("label") if isinstance(info, dict) else "") or "")
