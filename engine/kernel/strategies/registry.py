"""Every strategy that this program has, in the order of the dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.strategies.hedger import Hedger
from engine.strategies.making import Making
from engine.strategies.momentum import Momentum
from engine.strategies.option_making import OptionMaking
from engine.strategies.rfq_desk import RfqDesk
from engine.strategies.updown import UpDown

if TYPE_CHECKING:
    from engine.strategies.base import Strategy


def build() -> tuple[Strategy, ...]:
    """Return new strategies, as a session begins with them."""
    return (UpDown(), Momentum(), Making(), OptionMaking(), RfqDesk(), Hedger())
