"""Facts of the session that commands and the disk change, and what each gate did last. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.core.commands import Role
    from engine.core.ids import AccountId
    from engine.core.units import Nanos


@dataclass(slots=True)
class GateMemory:
    """What a gate did last."""

    refusal: str = ""
    refused_at: Nanos | None = None
    refusals: int = 0
    """Orders it stopped in this session."""
    test: str = ""
    tested_at: Nanos | None = None

    def refused(self, why: str, at: Nanos) -> None:
        """Note an order that it stopped."""
        self.refusal, self.refused_at = why, at
        self.refusals += 1


@dataclass(slots=True)
class Session:
    """Facts of the session that commands change."""

    profile: str = ""
    mode: str = "paper"
    account_name: str = ""
    markets_kept: int = 0
    """As in the snapshot."""
    roles: dict[AccountId, Role] = field(default_factory=dict)
    halted_by: str = ""
    halted_why: str = ""
    halted_at: Nanos | None = None
    reduce_only: bool = False
    storage_ok: bool = True
    storage_why: str = ""
    chain_ok: bool = True
    chain_records: int | None = None
    """Records that the last check on disk recomputed; None before one."""
    chain_proved: int | None = None
    chain_at: Nanos | None = None
    cancelled: int = 0
    """Orders taken back by the halt."""
    armed_until: Nanos | None = None
    """Live: orders may leave until then. Never restored."""
