from __future__ import annotations

from engine.core import unpriced


def test_a_tag_keeps_its_words_and_says_what_the_fee_came_to() -> None:
    assert unpriced.marked("mine", "") == "mine"
    assert unpriced.fee_of("mine") == ""
    for tag in ("", "mine"):
        marked = unpriced.marked(tag, "0.0001 BNB")
        assert marked.startswith(tag)
        assert unpriced.fee_of(marked) == "0.0001 BNB"
    assert len(unpriced.fee_of(unpriced.marked("", "9" * 500))) == unpriced.SHOWN
