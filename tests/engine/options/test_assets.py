"""The table of what prices assets, as settings keep it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import InstrumentId, VenueId
from engine.core.snapshot import AssetRow
from engine.options import assets

ROWS = st.builds(
    lambda asset, venue, symbol: AssetRow(asset=asset.upper(), instrument=InstrumentId(VenueId(venue), symbol)),
    st.text("ABC019", min_size=1, max_size=20), st.text("abc_-9", min_size=1, max_size=40),
    st.text("ABCabc._-9", min_size=1, max_size=80),
)  # fmt: skip


@given(st.lists(ROWS, unique_by=lambda row: row.asset, max_size=5))
def test_what_is_written_is_read_again(rows: list[AssetRow]) -> None:
    assert assets.read(assets.written(row) for row in rows) == tuple(rows)
    assert dict(assets.table(rows)) == {row.asset: row for row in rows}


@pytest.mark.parametrize(
    "entry", ["", "BTC", "BTC=deribit", "=deribit/X", "BTC=Deribit/X", "BTC=deribit/X Y", "B/T=d/x"]
)
def test_what_is_no_entry_is_said_to_be_none(entry: str) -> None:
    with pytest.raises(ValueError, match="such as BTC=deribit/BTC-PERPETUAL"):
        assets.read([entry])


def test_an_asset_counts_in_capitals_and_once() -> None:
    (row,) = assets.read(["btc=deribit/BTC-PERPETUAL", "BTC=derive/BTC-PERP"])
    assert (row.asset, row.instrument) == ("BTC", InstrumentId(VenueId("derive"), "BTC-PERP"))


def test_the_programs_own_table_can_be_kept() -> None:
    assert assets.read(assets.written(row) for row in assets.DEFAULT) == assets.DEFAULT
