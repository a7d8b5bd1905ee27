"""What one bracket's quotes and trades say of pressure and pace, kept as they come.

A quote costs O(1); motion is fitted only when a sample is taken. Everything is bounded: quotes make one sample a
cadence, flow is kept for the longer of its two windows, volume in minutes.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.book import features
from engine.maths import kinematics
from engine.maths.hawkes import DayOfRates, Intensity

if TYPE_CHECKING:
    from engine.book.features import Quote
    from engine.maths.kinematics import Motion

SAMPLES: Final = 90
"""Mids that motion is fitted to: at one a second, four and a half memories of 20 s."""
SHORT_S: Final = 10.0
LONG_S: Final = 30.0
FLOWS: Final = 4_096
"""Changes of the best quotes kept at most; the oldest leave first."""
MINUTES: Final = 20
"""Of volume."""
BASE_S: Final = 3_600.0
"""Over which the base rate of arrivals is measured."""
LEAST_RATE: Final = 1.0 / BASE_S
"""Of arrivals a second: one an hour."""
ALPHA, BETA = 0.05, 0.10
"""Of the intensities, a second: half of all trades are answers to others, for ten seconds each."""


class Sample(NamedTuple):
    """One bracket at one moment; None where it cannot be said."""

    bid: float | None
    ask: float | None
    """Account currency a share."""
    bid_size: float
    """Contracts that stand at the best bid: who joins it waits behind them."""
    mid: float | None
    spread: float | None
    motion: Motion | None
    flow_10: float
    flow_30: float
    """Order-flow imbalance over ten and thirty seconds, contracts."""
    flow_share: float | None
    """`flow_30` over the mean size at the best prices."""
    queue: float | None
    """Bids' share of the best sizes."""
    micro: float | None
    volume: float
    """Contracts in twenty minutes."""
    buys: float
    sells: float
    """Intensity of aggressive trades, a second."""
    spike: bool
    """Buyers come three times as fast as usual."""
    per_s: float
    """Trades a second over the last hour."""
    mean_size: float | None
    """Contracts a trade over the last hour."""
    fastest: bool = False
    """Buyers come faster than in 95 % of the last 24 hours."""


class BracketEye:
    """Watches one bracket.

    Parameters
    ----------
    memory_s : float, seconds, > 0
        How fast the past of its price is forgotten.
    """

    __slots__ = (
        "_arrivals", "_day", "_depth", "_flows", "_memory", "_mids", "_minutes", "_since", "_times", "buys",
        "quote", "sells",
    )  # fmt: skip

    def __init__(self, memory_s: float = kinematics.TICKS_H) -> None:
        self._memory = memory_s
        self.quote: Quote | None = None
        self.buys = Intensity(LEAST_RATE, ALPHA, BETA)
        self.sells = Intensity(LEAST_RATE, ALPHA, BETA)
        self._times: deque[float] = deque(maxlen=SAMPLES)
        self._mids: deque[float] = deque(maxlen=SAMPLES)
        self._flows: deque[tuple[float, float]] = deque(maxlen=FLOWS)
        self._minutes: deque[tuple[int, float]] = deque(maxlen=MINUTES + 1)
        self._arrivals: deque[tuple[int, int, int, float]] = deque(maxlen=int(BASE_S // 60) + 1)
        """By minute: buys, sells, contracts."""
        self._day = DayOfRates()
        """Of the buyers."""
        self._depth = 0.0
        """Moving mean of the size at the best prices."""
        self._since: float | None = None

    def forget(self) -> None:
        """Begin anew: what was not heard would be missing from the flow, from the volume and from the base rates."""
        self.quote, self._since, self._day = None, None, DayOfRates()
        for some in (self._times, self._mids, self._flows, self._minutes, self._arrivals):
            some.clear()

    def see(self, quote: Quote | None, at: float) -> None:
        """Take in the best prices; None where a side is missing or the book is not whole."""
        before, self.quote = self.quote, quote
        if quote is None:
            return
        size = 0.5 * (quote.bid_size + quote.ask_size)
        self._depth = size if before is None else self._depth + 0.05 * (size - self._depth)
        if before is not None and quote != before:
            self._flows.append((at, features.flow(before, quote)))

    def trade(self, bought: bool, qty: float, at: float) -> None:
        """Take in a trade; `bought` where the buyer of YES crossed the spread."""
        (self.buys if bought else self.sells).event(at)
        minute = int(at // 60)
        if self._minutes and self._minutes[-1][0] == minute:
            self._minutes[-1] = (minute, self._minutes[-1][1] + qty)
        else:
            self._minutes.append((minute, qty))
        last = self._arrivals[-1] if self._arrivals else (minute - 1, 0, 0, 0.0)
        if last[0] == minute:
            self._arrivals.pop()
        else:
            last = (minute, 0, 0, 0.0)
        self._arrivals.append((minute, last[1] + bought, last[2] + (not bought), last[3] + qty))

    def sample(self, at: float) -> Sample:
        """Return what is seen now, and remember the mid for the next fit."""
        if self._since is None:
            self._since = at
        quote = self.quote
        mid = None if quote is None else 0.5 * (quote.bid + quote.ask)
        if mid is None:
            self._times.clear()
            self._mids.clear()  # motion is not fitted across a hole
        elif not self._times or at > self._times[-1]:
            self._times.append(at)
            self._mids.append(mid)
        per_s, mean_size = self._pace(at)
        buys = self.buys.rate(at)
        fastest = buys > self.buys.mu and self._day.high(buys)
        self._day.see(at, buys)
        while self._flows and at - self._flows[0][0] > LONG_S:
            self._flows.popleft()
        long = sum(one for _, one in self._flows)
        return Sample(
            bid=None if quote is None else quote.bid,
            ask=None if quote is None else quote.ask,
            bid_size=0.0 if quote is None else quote.bid_size,
            mid=mid,
            spread=None if quote is None else quote.ask - quote.bid,
            motion=None if mid is None else kinematics.motion(self._times, self._mids, self._memory),
            flow_10=sum(one for when, one in self._flows if at - when <= SHORT_S),
            flow_30=long,
            flow_share=long / self._depth if self._depth > 0.0 else None,
            queue=None if quote is None else features.queue_imbalance(quote),
            micro=None if quote is None else features.micro_price(quote),
            volume=sum(qty for minute, qty in self._minutes if minute > int(at // 60) - MINUTES),
            buys=buys,
            sells=self.sells.rate(at),
            spike=self.buys.spikes(at),
            per_s=per_s,
            mean_size=mean_size,
            fastest=fastest,
        )

    def _pace(self, at: float) -> tuple[float, float | None]:
        """Measure the base rates anew; return trades a second and contracts a trade over the last hour."""
        minute = int(at // 60)
        recent = [one for one in self._arrivals if one[0] > minute - BASE_S // 60]
        bought, sold = sum(one[1] for one in recent), sum(one[2] for one in recent)
        known = min(BASE_S, max(at - self._since, 60.0)) if self._since is not None else 60.0
        self.buys.mu = max(bought / known, LEAST_RATE)
        self.sells.mu = max(sold / known, LEAST_RATE)
        trades = bought + sold
        return trades / known, sum(one[3] for one in recent) / trades if trades else None
