"""The crash sheet: plain text, beside the work."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from widgets.crashsheet import LONGEST, CrashSheet

LEFT = Qt.MouseButton.LeftButton


def test_it_shows_the_latest_report_and_takes_no_focus(qtbot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    sheet = CrashSheet(window)
    sheet.show_report("ValueError at a.py:3: <b>x</b>", "Traceback\n<i>first</i>")
    assert sheet.isVisible()
    assert not sheet.isModal()
    assert sheet.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    sheet.show_report("KeyError", "second" + "y" * LONGEST)
    assert len(sheet.report.toPlainText()) == LONGEST
    QTest.mouseClick(sheet.copy, LEFT)
    assert QGuiApplication.clipboard().text() == sheet.report.toPlainText()
    with qtbot.waitSignal(sheet.save_wanted) as told:
        QTest.mouseClick(sheet.save, LEFT)
    assert told.args == [sheet.report.toPlainText()]
    with qtbot.waitSignal(sheet.folder_wanted):
        QTest.mouseClick(sheet.folder, LEFT)
    QTest.mouseClick(sheet.shut, LEFT)
    assert not sheet.isVisible()
