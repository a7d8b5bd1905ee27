from __future__ import annotations

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from widgets import menus, theme


def image_of(menu):
    menu.ensurePolished()
    menu.resize(menu.sizeHint())
    image = QImage(menu.size(), QImage.Format.Format_RGB32)
    menu.render(image)
    return image


def test_a_menu_and_the_menus_in_it_wear_the_theme_in_use(qapp, qtbot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    try:
        for name in (theme.LIGHT, theme.DARK):
            look = theme.install(qapp, name)
            menu = menus.menu(parent)
            menu.addAction("Chosen")
            inner = menu.addMenu("More")
            inner.addAction("Inner")
            for one in (menu, inner):
                image = image_of(one)
                assert image.pixelColor(image.width() - 4, 3) == look.colour("surface.raised"), one.title()
    finally:
        theme.install(qapp)


def test_only_menus_are_matched_against_a_sheet(qapp, qtbot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    menus.menu(parent)
    assert qapp.styleSheet() == ""
    assert parent.styleSheet() == ""
