"""Which dock host is used: the one asked for, or splitters and a sentence why."""

from __future__ import annotations

import sys

from app import hosts
from app.splits import SplitHost


def test_splitters_are_there_always() -> None:
    assert hosts.choose(hosts.SPLITTERS) == (SplitHost, "")


def test_what_cannot_be_loaded_falls_back_and_says_so(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "PySide6QtAds", None)
    monkeypatch.delitem(sys.modules, "app.ads", raising=False)
    make, why = hosts.choose(hosts.ADS)
    assert make is SplitHost
    assert why.startswith("QtAds cannot be loaded")
    assert "\n" not in why
