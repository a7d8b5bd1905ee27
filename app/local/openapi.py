"""The OpenAPI document of the local API, made from the routes and the shapes that serve it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from app import __version__
from app.local import shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

REF: Final = "#/components/schemas/{name}"
_TEXT: Final = {"type": "string"}
SYMBOL: Final = {"type": "string", "minLength": 1, "maxLength": shapes.LONGEST, "pattern": "^[!-~]+$"}


class Query(NamedTuple):
    """A parameter of an address."""

    name: str
    words: str
    place: str = "query"


class Route(NamedTuple):
    """One thing that can be asked, and what is answered."""

    method: str
    path: str
    words: str
    answer: Any
    """A shape, ``list[shape]``, or a media type for text."""
    status: int = 200
    takes: Any = None
    queries: Sequence[Query] = ()
    refusals: Sequence[int] = ()
    """Beside those of the door: 400, 401, 403, 421."""
    scope: str = "read"


INSTRUMENT: Final = (
    Query("venue", "such as lmsr, our own exchange, or kalshi"),
    Query("symbol", "as markets names it"),
)
REFUSALS: Final = {
    400: "The address cannot be ours.", 401: "No token, or a wrong one.", 403: "Not for this token, or for now.",
    404: "There is nothing of this name.", 405: "Not by this method.", 409: "Well said, but it cannot be done.",
    413: "Too large.", 415: "Not JSON.", 421: "Another host.", 422: "What was sent is not as it should be.",
    429: "Too many.", 503: "The engine does not answer.",
}  # fmt: skip
DOOR: Final = (400, 401, 403, 421)


def document(routes: Sequence[Route], address: str) -> dict[str, Any]:
    """Return the document for a server at an address."""
    types = {shapes.Error: None}
    for route in routes:
        types.update(dict.fromkeys(each for each in (route.answer, route.takes) if not isinstance(each, str | None)))
    found, components = msgspec.json.schema_components(list(types), ref_template=REF)
    schemas = dict(zip(types, found, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "atmx, local API",
            "version": __version__,
            "description": "Served on 127.0.0.1 by a terminal that was asked to. Tokens are files of its profile.",
        },
        "servers": [{"url": address}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _operation(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    kind = "application/json"
    schema: dict[str, Any] = _TEXT
    if isinstance(route.answer, str):
        kind = route.answer
    elif route.answer is not None:
        schema = schemas[route.answer]
    else:
        schema = {"type": "object"}
    answers: dict[str, Any] = {str(route.status): {"description": "Done.", "content": {kind: {"schema": schema}}}}
    for status in (*DOOR, *route.refusals):
        answers[str(status)] = {
            "description": REFUSALS[status],
            "content": {"application/json": {"schema": schemas[shapes.Error]}},
        }
    if route.takes is not None and route.status == 201:
        answers["200"] = {"description": "It was done before.", "content": {kind: {"schema": schema}}}
    name = route.path.strip("/").translate({ord("/"): "_", ord("{"): None, ord("}"): None})
    made: dict[str, Any] = {
        "summary": route.words,
        "operationId": f"{route.method.lower()}_{name}",
        "tags": [route.scope],
        "responses": answers,
    }
    if route.queries:
        made["parameters"] = [
            {"name": q.name, "in": q.place, "required": True, "description": q.words, "schema": SYMBOL}
            for q in route.queries
        ]
    if route.takes is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schemas[route.takes]}}}
    return made
