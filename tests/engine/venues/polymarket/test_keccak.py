"""The quick Keccak-256 is the library's, whatever is hashed and from whichever thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from engine.venues.polymarket.keccak import _direct, keccak, nested, plain


@given(st.binary(max_size=600))
def test_it_is_the_libraries(data) -> None:
    assert keccak(data) == plain(data)


@given(st.binary(max_size=40), st.binary(max_size=600))
def test_a_digest_within_another_is_the_two_of_them(prefix, data) -> None:
    assert nested(prefix, data) == plain(prefix + plain(data))


def test_at_the_edges_of_its_blocks() -> None:
    for size in (0, 1, 66, 135, 136, 137, 271, 272, 273, 5_000):
        data = bytes(range(256)) * 20
        assert keccak(data[:size]) == plain(data[:size])


def test_the_routine_of_the_locked_library_is_used() -> None:
    assert _direct() is not None


def test_threads_do_not_share_a_state() -> None:
    several = [bytes([n % 251]) * (n % 700) for n in range(3_000)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(keccak, several, chunksize=50)) == [plain(one) for one in several]
        assert list(pool.map(lambda one: nested(b"\x19\x01", one), several, chunksize=50)) == [
            plain(b"\x19\x01" + plain(one)) for one in several
        ]
