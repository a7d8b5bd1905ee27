"""The port of venues that ask for quotes (`Can.QUOTE_REQUESTS`): requests come by `emit`, quotes go out here.

A gateway that has it satisfies `AnswersQuotes` beside `Gateway`. As with orders nothing is returned: what became of
a quote is emitted as `QuoteStood` and `QuoteTaken`, and a quote is sent once, whatever happens to its answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.quotes import Quote


@runtime_checkable
class AnswersQuotes(Protocol):
    """Quotes on requests: `QuoteRequested` and `QuoteRequestOver` come by the gateway's own stream."""

    async def quote(self, quote: Quote) -> None:
        """Put a quote on the wire, and emit what is then known as `QuoteStood`.

        Never raises for what a venue or a network does: a definite no, or nothing sent, is told as ``rejected``, an
        unknown outcome as ``lost``. A quote whose `until` has passed is not sent.
        """

    async def requote(self, quote: Quote) -> None:
        """Put this one in the place of the quote of the same `client`.

        ``lost`` where the answer does not come, or where it is refused and how the earlier one stands is not known.
        """

    async def unquote(self, quote: Quote) -> None:
        """Take a quote back; one that cannot be found may have traded, and is told as ``lost``."""

    async def quotes(self, requests: Sequence[str]) -> None:
        """Ask how our quotes on these requests stand, and emit it; called after a reconnect and for lost ones."""
