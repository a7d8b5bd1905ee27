"""Kalshi order groups: orders that the venue cancels together once too much of them matched.

A group has a limit of contracts within a rolling 15 seconds. When it is passed, every order of the group is cancelled
and no new one taken until the group is reset: the venue's own brake, which works while we are cut off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.venues.kalshi import wire, wire_orders
from engine.venues.kalshi.endpoints import CALL

if TYPE_CHECKING:
    from engine.core.units import Qty
    from engine.venues.rest import Answer, Rest

GROUPS = "/portfolio/order_groups"


class Groups:
    """Makes and changes groups. Every call raises `VenueError` if it was not done, or its answer was lost."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def create(self, contracts: Qty) -> str:
        """Make a group with a limit, and return its id."""
        answer = await self._write("POST", f"{GROUPS}/create", wire_orders.limit_of_group(contracts))
        return wire.body(wire_orders.GROUPED, answer.body).order_group_id

    async def limit(self, group: str, contracts: Qty) -> None:
        """Change a group's limit."""
        await self._write("PUT", f"{GROUPS}/{group}/limit", wire_orders.limit_of_group(contracts))

    async def reset(self, group: str) -> None:
        """Let a triggered group take orders again."""
        await self._write("PUT", f"{GROUPS}/{group}/reset", b"{}")

    async def trigger(self, group: str) -> None:
        """Cancel every order of a group now."""
        await self._write("PUT", f"{GROUPS}/{group}/trigger", b"{}")

    async def delete(self, group: str) -> None:
        """Drop a group, and cancel its orders."""
        await self._write("DELETE", f"{GROUPS}/{group}")

    async def _write(self, method: str, path: str, body: bytes = b"") -> Answer:
        answer = await self._rest.write(method, path, body, cost=CALL)
        if answer.status not in {200, 201}:
            raise wire_orders.as_error(wire_orders.refusal(answer.status, answer.body))
        return answer
