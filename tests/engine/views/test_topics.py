"""Keys of views survive the way to the screen and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.views import topics
from engine.views.topics import ChainKey

WORD = st.text("ABCdef019_-", min_size=1, max_size=8)


@given(WORD, WORD, WORD, st.integers(0, 10**19 - 1))
def test_a_chain_is_found_again_by_its_key(venue: str, underlying: str, settles_in: str, expires: int) -> None:
    key = ChainKey(venue, underlying, settles_in, expires)
    assert topics.chain_key(topics.chain(key).key) == key


@pytest.mark.parametrize(
    "text", ["", "deribit:BTC", "deribit:BTC:BTC:soon", "deribit:BTC:BTC:", "a:b:c:1:2", "a:b:c:²"]
)
def test_what_is_no_key_of_a_chain_is_none(text: str) -> None:
    assert topics.chain_key(text) is None
