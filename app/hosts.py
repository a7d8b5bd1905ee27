"""Which dock host the workspaces use, chosen at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.splits import SplitHost

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.dockhost import DockHost

SPLITTERS, ADS = KINDS = ("splitters", "ads")
FALLBACK: Final = "QtAds cannot be loaded ({}): docks are laid out by splitters."


def choose(kind: str) -> tuple[Callable[[], DockHost], str]:
    """Return what makes a host of a kind, and why it is another than was asked for; empty where it is that one."""
    if kind != ADS:
        return SplitHost, ""
    try:
        from app.ads import AdsHost
    except ImportError as e:
        return SplitHost, FALLBACK.format(" ".join(str(e).split())[:160])
    return AdsHost, ""
