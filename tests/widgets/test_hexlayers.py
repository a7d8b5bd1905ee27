"""Values of cells by layer, of larger cells too, and the ends of their scales."""

from __future__ import annotations

import h3
import msgspec

from tests.widgets import weather_sample as sample
from tests.widgets.map_rig import LAYERS, far_west
from widgets import hexlayers


def test_exposure_of_larger_cells_is_the_sum() -> None:
    lines = (sample.line(sample.CELL, exposure=3), sample.line(far_west(), exposure=4))
    assert hexlayers.value_of(LAYERS["exposure"], lines) == 7


def test_the_line_of_a_finer_cell_does_not_hide_the_forecast() -> None:
    inner = h3.cell_to_center_child(sample.CELL, 7)
    view = msgspec.structs.replace(sample.cells_view(), cells=(sample.line(sample.CELL), sample.line(inner)))
    assert hexlayers.gathered(view, 6) == {sample.CELL: (view.cells[0],)}
    alone = msgspec.structs.replace(view, cells=(view.cells[1],))
    assert hexlayers.gathered(alone, 6) == {sample.CELL: (alone.cells[0],)}


def test_scales_are_round_and_signed_ones_centred() -> None:
    lines = {sample.CELL: (sample.line(sample.CELL, p50=83.3),), far_west(): (sample.line(far_west(), p50=89.1),)}
    assert hexlayers.domain(LAYERS["p50"], lines) == (82.0, 90.0)
    assert hexlayers.domain(LAYERS["edge"], lines) == (-5.0, 5.0)
    assert hexlayers.domain(LAYERS["observed"], lines) == (0.0, 1.0)
