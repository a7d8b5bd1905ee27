"""The binding keeps its references: PySide6 6.12.0 does not, and kills Python 3.11 after some thousand calls."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, QTimer, Signal

CALLS = 5_000
NOISE = 100
"""References the interpreter itself may take or drop meanwhile; a leak would be `CALLS` or more."""

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 12), reason="None, True and False are immortal from 3.12")


class _Source(QObject):
    told = Signal(bool)


def _counts():
    return [sys.getrefcount(single) for single in (None, True, False)]


def _assert_flat(before):
    changes = [after - was for after, was in zip(_counts(), before, strict=True)]
    assert all(abs(change) < NOISE for change in changes), f"None, True, False changed by {changes}"


def test_signals_cost_no_reference(qapp):
    source, heard = _Source(), []
    source.told.connect(heard.append)
    source.told.emit(True)
    heard.clear()
    before = _counts()
    for _ in range(CALLS):
        source.told.emit(True)
        source.told.emit(False)
        heard.clear()
    _assert_flat(before)


def test_void_calls_cost_no_reference(qapp):
    timer = QTimer()
    before = _counts()
    for n in range(CALLS):
        timer.setObjectName("timer")
        timer.setInterval(n)
        timer.setSingleShot(True)
    _assert_flat(before)
