"""Draws the app icon: a hexagonal cell split by a price curve. Run from the checkout: python packaging/icon.py.

Writes resources/icons/atmx.svg, .png (256), .ico (Windows) from one set of numbers, so that they cannot differ.
"""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

OUT = Path(__file__).resolve().parents[1] / "resources" / "icons"
GROUND, EDGE, BUY, CURVE = "#14171C", "#6B7686", "#56B4E9", "#F0F2F5"
CENTRE, RADIUS = 32.0, 29.0


def _logistic(x: float) -> float:
    """The LMSR price of one outcome of two, as shares of it are bought."""
    return 1.0 / (1.0 + math.exp(-x))


def svg() -> str:
    """Return the icon on a 64 by 64 canvas."""
    corners = [
        (CENTRE + RADIUS * math.cos(math.radians(60 * n - 90)), CENTRE + RADIUS * math.sin(math.radians(60 * n - 90)))
        for n in range(6)
    ]
    top, upper_right, lower_right, bottom, lower_left, upper_left = (f"{x:.2f},{y:.2f}" for x, y in corners)
    left, width = corners[5][0], corners[1][0] - corners[5][0]
    curve = " ".join(
        f"{left + width * n / 32:.2f},{CENTRE + 13 - 26 * _logistic(-5 + 10 * n / 32):.2f}" for n in range(33)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">\n'
        f'  <polygon points="{" ".join((top, upper_right, lower_right, bottom, lower_left, upper_left))}"'
        f' fill="{GROUND}"/>\n'
        f'  <polygon points="{curve} {lower_right} {bottom} {lower_left}" fill="{BUY}"/>\n'
        f'  <polyline points="{curve}" fill="none" stroke="{CURVE}" stroke-width="4"/>\n'
        f'  <polygon points="{" ".join((top, upper_right, lower_right, bottom, lower_left, upper_left))}"'
        f' fill="none" stroke="{EDGE}" stroke-width="3" stroke-linejoin="round"/>\n'
        "</svg>\n"
    )


def picture(drawing: str, size: int) -> bytes:
    """Return the drawing as a PNG of `size` by `size` pixels."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def ico(drawing: str) -> bytes:
    """Return a Windows icon: a directory of PNGs."""
    sizes = (16, 24, 32, 48, 256)
    images = [picture(drawing, size) for size in sizes]
    head = struct.pack("<HHH", 0, 1, len(images))
    at = len(head) + 16 * len(images)
    for size, image in zip(sizes, images, strict=True):
        head += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(image), at)
        at += len(image)
    return head + b"".join(images)


if __name__ == "__main__":
    app = QGuiApplication([])
    drawing = svg()
    (OUT / "atmx.svg").write_text(drawing, encoding="utf-8")
    (OUT / "atmx.png").write_bytes(picture(drawing, 256))
    (OUT / "atmx.ico").write_bytes(ico(drawing))
