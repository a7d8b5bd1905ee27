"""How often a service may be asked: token buckets by name, each with a hold for when it said stop.

Cancels have a bucket of their own, so that no burst of orders can starve them; where the venue counts both
together, give `cancel` its share of the whole and let it borrow what `write` leaves over.

::

    Budget({
        "read": Bucket(rate=20, burst=20),
        "write": Bucket(rate=8, burst=8),
        "cancel": Bucket(rate=2, burst=2, borrows="write"),
    })
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping


@dataclass(frozen=True, slots=True)
class Bucket:
    """One allowance. It starts full."""

    rate: float
    """Tokens a second that flow in, > 0."""
    burst: float
    """Tokens it can hold, > 0."""
    borrows: str = ""
    """The bucket it may draw on while its own is short."""


@dataclass(slots=True)
class _Level:
    bucket: Bucket
    tokens: float
    at: float
    held_until: float = 0.0


class Budget:
    """What may still be asked of one venue. Waiters are served in the order they came."""

    def __init__(
        self,
        buckets: Mapping[str, Bucket],
        *,
        steady: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._steady = steady
        self._sleep = sleep
        began = steady()
        self._levels = {name: _Level(bucket, bucket.burst, began) for name, bucket in buckets.items()}

    def __contains__(self, name: str) -> bool:
        """Whether there is such a bucket."""
        return name in self._levels

    def room(self, name: str) -> float:
        """Return the share of a bucket that is left, 0 to 1; 0 while it is held."""
        level = self._filled(name)
        if self.held(name) > 0:
            return 0.0
        return min(max(level.tokens / level.bucket.burst, 0.0), 1.0)

    def held(self, name: str) -> float:
        """Return for how many seconds more the bucket is held; 0 when it is not."""
        return max(self._levels[name].held_until - self._steady(), 0.0)

    def wait(self, name: str, cost: float = 1.0) -> float:
        """Return how many seconds `take` would wait now."""
        return max(self._short(self._source(name, cost), cost), self.held(name))

    def take_now(self, name: str, cost: float = 1.0) -> bool:
        """Take `cost` tokens if nobody has to wait for them; False where `take` would."""
        level = self._filled(self._source(name, cost))
        if self.held(name) > 0 or level.tokens < cost:
            return False
        level.tokens -= cost
        return True

    async def take(self, name: str, cost: float = 1.0) -> None:
        """Take `cost` tokens, waiting for them and for the end of a hold.

        The tokens are spoken for at once, so those who wait are served in order; who stops waiting gives them back.

        Raises
        ------
        ValueError
            If the bucket could never hold so many.
        """
        if cost > self._levels[name].bucket.burst:
            msg = f"{cost:g} tokens asked of {name!r}, which holds {self._levels[name].bucket.burst:g}"
            raise ValueError(msg)
        level = self._filled(self._source(name, cost))
        level.tokens -= cost
        due = self._steady() + max(-level.tokens, 0.0) / level.bucket.rate
        try:
            while (left := max(due - self._steady(), self.held(name))) > 0:  # a hold may come while we wait
                await self._sleep(left)
        except BaseException:
            level.tokens = min(level.tokens + cost, level.bucket.burst)
            raise

    def hold(self, name: str, seconds: float) -> None:
        """Let nothing through for so long: the venue asked for it. A shorter hold never cuts a longer one."""
        level = self._levels[name]
        level.held_until = max(level.held_until, self._steady() + seconds)

    def hold_all(self, seconds: float) -> None:
        """Let nothing at all through for so long: the venue has shut us out."""
        for name in self._levels:
            self.hold(name, seconds)

    def _source(self, name: str, cost: float) -> str:
        """Return the bucket that has the tokens soonest: the own one or, while that is short, its lender."""
        level = self._filled(name)
        lender = level.bucket.borrows
        if level.tokens >= cost or not lender or self.held(lender) > 0:
            return name
        return lender if self._short(lender, cost) < self._short(name, cost) else name

    def _short(self, name: str, cost: float) -> float:
        """Return in how many seconds a bucket has so many tokens."""
        level = self._filled(name)
        return max((cost - level.tokens) / level.bucket.rate, 0.0)

    def _filled(self, name: str) -> _Level:
        level = self._levels[name]
        self._fill(level)
        return level

    def _fill(self, level: _Level) -> None:
        now = self._steady()
        level.tokens = min(level.tokens + max(now - level.at, 0.0) * level.bucket.rate, level.bucket.burst)
        level.at = now
