"""The map as a page for a browser: one file with all that it needs, which opens without a network.

The layers are those of the map dock, with its colours, each an overlay to be switched on and off; stations, borders
and alerts lie over them. Leaflet is written into the page, and the page's own rules forbid it to load anything.
Foreign words (titles, headlines) reach it as data only: escaped in what a browser reads as HTML, and never part of a
template.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import h3

import resources
from engine.core.errors import InputError, InvariantBroken
from engine.weather.areas import touches
from widgets import formats, hexcolours, hexlayers, hexpicture, outlines, theme

if TYPE_CHECKING:
    from pathlib import Path

    from engine.views.weather import CellLine, CellsView
    from widgets.hexlayers import Layer

RULES: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; form-action 'none';"
    " base-uri 'none'"
)
DIGITS: Final = 4
"""Decimals of a degree: 11 m."""
MARGIN: Final = 0.25
"""Degrees around the cells in which borders are drawn."""
MOST: Final = 20_000
"""Cells of a page; more would be slow to open."""
CANVAS_FROM: Final = 20_000
"""Cells of all layers from which on they are drawn as pixels."""
CREDITS: Final = "Leaflet 1.9.4 · borders: US Census and Natural Earth · cells: H3"
_EXTERNAL: Final = re.compile(
    r'<script src="atmx-leaflet.js"></script>|<link rel="stylesheet" href="atmx-leaflet.css"/>'
)
_BRACES: Final = {ord("{"): "&#123;", ord("}"): "&#125;", ord("`"): "&#96;"}
_SOURCE_MAP: Final = re.compile(r"//# sourceMappingURL=\S+")
_PICTURE: Final = re.compile(r"background-image:\s*url\((?!#|data:)[^)]*\);?")

Shape = list[list[float]]
"""Longitude and latitude of corners, closed."""


@dataclass(frozen=True, slots=True)
class Legend:
    """What the colours of a layer mean."""

    title: str
    colours: tuple[str, ...]
    words: tuple[str, ...]
    """Of the ends of a scale, or of each kind."""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything a page shows, as plain values."""

    title: str
    lines: tuple[str, ...]
    center: tuple[float, float]
    layers: tuple[tuple[str, Legend, list[dict[str, Any]]], ...]
    """Name, legend, and its cells as GeoJSON features."""
    stations: list[dict[str, Any]]
    alerts: list[dict[str, Any]]
    borders: list[Shape]


def collect(view: CellsView) -> Content:
    """Return what a page of a view shows; every foreign word in it is escaped.

    Raises
    ------
    InputError
        If there is nothing to show, or too much.
    """
    if not view.cells:
        msg = "the map has no cells: there is no forecast of this market yet"
        raise InputError(msg)
    if len(view.cells) > MOST:
        msg = f"the map has {len(view.cells)} cells; a page holds {MOST}"
        raise InputError(msg)
    shapes: dict[str, Shape] = {line.cell: _shape(line.cell) for line in view.cells}
    kinds = hexlayers.layers(theme.current().section("hex")["saturatesAtCents"])
    return Content(
        title=_clean(view.title or "Map", 120),
        lines=tuple(_clean(line, 200) for line in _lines(view)),
        center=view.center,
        layers=tuple(_layer(layer, view, shapes) for layer in kinds),
        stations=[
            _feature({"type": "Point", "coordinates": [round(pin.lon, DIGITS), round(pin.lat, DIGITS)]},
                     {"words": _clean(f"{pin.id} {pin.text}" + (" · settles" if pin.settles else ""), 60)})
            for pin in view.stations
        ],
        alerts=_alerts(view),
        borders=_borders(view),
    )  # fmt: skip


def render(content: Content) -> str:
    """Return the page."""
    import folium
    from branca.element import MacroElement
    from jinja2 import Template

    class Caption(MacroElement):
        _template = Template(_CAPTION)

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.content, self.credits, self.tone = content, CREDITS, _tone

    many = sum(len(features) for _, _, features in content.layers) > CANVAS_FROM
    page = folium.Map(location=content.center, zoom_start=9, tiles=None, prefer_canvas=many, attributionControl=False)
    page.default_js = [("leaflet", "atmx-leaflet.js")]
    page.default_css = [("leaflet_css", "atmx-leaflet.css")]
    for pane, over, heard in (("lines", 440, False), ("marks", 450, not many)):  # a canvas above would hide the cells'
        folium.map.CustomPane(pane, z_index=over, pointer_events=heard).add_to(page)
    for n, (name, _, features) in enumerate(content.layers):
        _group(page, name, features, {"style_function": _cell_style}, show=n == 0)
    borders = [_feature({"type": "MultiLineString", "coordinates": content.borders}, {"words": ""})]
    _group(page, "Borders", borders, {"style_function": _border_style, "pane": "lines"}, told=False)
    _group(page, "Alerts (outlines)", content.alerts, {"style_function": _alert_style, "pane": "marks"})
    _group(page, "Stations", content.stations, {"pane": "marks"})
    folium.LayerControl(collapsed=False).add_to(page)
    page.add_child(Caption())
    return _inlined(page.get_root().render(), content.title)


def write(content: Content, path: Path) -> int:
    """Write the page and return its bytes."""
    body = render(content).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return len(body)


def _group(
    page: Any,  # noqa: ANN401 - folium's
    name: str,
    features: list[dict[str, Any]],
    options: dict[str, Any],
    *,
    show: bool = True,
    told: bool = True,
) -> None:
    """Put features on the page as one overlay; `told` shows each one's words on hovering."""
    import folium

    group = folium.FeatureGroup(name=name, show=show)
    group.add_to(page)
    if features:
        tip = folium.GeoJsonTooltip(fields=["words"], labels=False, sticky=True) if told else None
        dot = folium.CircleMarker(radius=4, color=_tone("map.halo"), weight=1, fill=True, fill_color=_tone("map.mark"),
                                  fill_opacity=1)  # fmt: skip
        dot.options["pane"] = options.get("pane", "overlayPane")
        folium.GeoJson(_collection(features), tooltip=tip, marker=dot, **options).add_to(group)


def _cell_style(feature: dict[str, Any]) -> dict[str, Any]:
    return {
        "fillColor": feature["properties"]["colour"],
        "fillOpacity": 0.9,
        "color": _tone("surface.dock"),
        "weight": 0.6,
    }


def _alert_style(feature: dict[str, Any]) -> dict[str, Any]:
    return {"fill": False, "color": feature["properties"]["colour"], "weight": 1.6, "dashArray": "4 3"}


def _border_style(_feature: dict[str, Any]) -> dict[str, Any]:
    return {"color": _tone("map.countyLine"), "weight": 0.8, "interactive": False}


def _layer(layer: Layer, view: CellsView, shapes: dict[str, Shape]) -> tuple[str, Legend, list[dict[str, Any]]]:
    cells: list[str] = [line.cell for line in view.cells]
    lines: dict[str, tuple[CellLine, ...]] = {line.cell: (line,) for line in view.cells}
    values = hexlayers.values_of(layer, cells, lines)
    low, high = hexlayers.domain(layer, lines)
    stops = hexpicture.stops_of(layer)
    fills = hexcolours.scale(values, stops, low, high).tolist()
    features = [
        _feature(
            {"type": "Polygon", "coordinates": [shapes[cell]]},
            {"colour": _hex(fill), "words": _words(layer, value, cell, view)},
        )
        for cell, value, fill in zip(cells, values.tolist(), fills, strict=True)
        if fill
    ]
    shown = stops.tolist() if layer.steps else stops[:: max(1, len(stops) // 8)].tolist()
    words = layer.steps or (layer.text(low), layer.text(high))
    title = _clean(hexlayers.legend_title(layer, view), 80)
    return layer.title, Legend(title, tuple(map(_hex, shown)), tuple(_clean(word, 20) for word in words)), features


def _words(layer: Layer, value: float, cell: str, view: CellsView) -> str:
    return _clean(f"{layer.title} {layer.words(value, view.unit)} · {cell}", 120)


def _alerts(view: CellsView) -> list[dict[str, Any]]:
    """Return the outline of each alert as the map's cells draw it, with its words."""
    tones = theme.current().section("hex")["alerts"]
    found = []
    for alert in view.alerts:
        inside = [line.cell for line in view.cells if touches(alert.cells, line.cell)]
        if inside:
            until = formats.local(alert.over_at, view.utc_offset_hours, "%a %H:%M")
            words = _clean(f"{alert.severity}: {alert.headline or alert.event} · until {until}", 300)
            outline = _rounded(h3.cells_to_geo(inside))
            found.append(_feature(outline, {"colour": tones[alert.rank - 1], "words": words}))
    return found


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    """Return a geometry with as many decimals as the page needs."""

    def parts(value: Any) -> Any:  # noqa: ANN401 - numbers in lists in lists
        return round(value, DIGITS) if isinstance(value, float) else [parts(part) for part in value]

    return {"type": geometry["type"], "coordinates": parts(geometry["coordinates"])}


def _lines(view: CellsView) -> list[str]:
    """Return what the caption says under the title."""
    run = view.run or "no forecast"
    at = formats.utc(view.run_at, "%Y-%m-%d %H:%M") if view.run_at is not None else formats.DASH
    hour = (
        f"hour of {formats.local(view.hour, view.utc_offset_hours, '%Y-%m-%d %H')} h"
        if view.hour is not None
        else view.window
    )
    clock = f"as of {formats.utc(view.now, '%Y-%m-%d %H:%M')}"
    facts = [f"{name} {value}" for name, value in view.facts[:6]]
    return [f"{run}, {at} · {hour} · {clock}", " · ".join(facts)]


def _borders(view: CellsView) -> list[Shape]:
    """Return the borders around the cells."""
    places = [h3.cell_to_latlng(line.cell) for line in view.cells]
    south, north = min(p[0] for p in places) - MARGIN, max(p[0] for p in places) + MARGIN
    west, east = min(p[1] for p in places) - MARGIN, max(p[1] for p in places) + MARGIN
    known = outlines.load()
    kinds = (outlines.COUNTY, outlines.COAST, outlines.STATE)
    arcs = [arc for kind in kinds for arc in known.lines(kind, (west, south, east, north))]
    return [[[round(float(x), DIGITS), round(float(y), DIGITS)] for x, y in arc] for arc in arcs]


def _shape(cell: str) -> Shape:
    ring = [[round(lon, DIGITS), round(lat, DIGITS)] for lat, lon in h3.cell_to_boundary(cell)]
    return [*ring, ring[0]]


def _feature(geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def _tone(name: str) -> str:
    """Return a colour of the theme as a page writes it."""
    return theme.current().colour(name).name()


def _hex(colour: int) -> str:
    return f"#{colour & 0xFFFFFF:06X}"


def _clean(text: str, most: int) -> str:
    """Return foreign words on one line, as a browser shows them and never runs them.

    Braces are escaped, too: folium takes what it has rendered for a template once more.
    """
    return html.escape(formats.plain(text, most)).translate(_BRACES)


def _inlined(page: str, title: str) -> str:
    """Return a page with Leaflet written into it in place of the references to it."""
    script = _SOURCE_MAP.sub("", resources.path("leaflet", "leaflet.js").read_text(encoding="utf-8"))
    sheet = _PICTURE.sub("", resources.path("leaflet", "leaflet.css").read_text(encoding="utf-8"))
    parts = {"s": f"<script>{script.replace('</', '<' + chr(92) + '/')}</script>", "l": f"<style>{sheet}</style>"}
    whole, count = _EXTERNAL.subn(lambda found: parts[found[0][1]], page)
    if count != len(parts):
        msg = f"the page refers to Leaflet {count} times and not {len(parts)}"
        raise InvariantBroken(msg)
    head = f'<head><meta http-equiv="Content-Security-Policy" content="{RULES}"><title>{title}</title>'
    return whole.replace("<head>", head, 1)


_CAPTION: Final = """
{% macro html(this, kwargs) %}
<style>
  html, body { background: {{ this.tone("surface.dock") }}; }
  .leaflet-container { background: {{ this.tone("map.water") }}; }
  #atmx { position: fixed; left: 10px; bottom: 10px; z-index: 900; max-width: 46em; padding: 8px 12px;
    background: {{ this.tone("surface.dock") }}; color: {{ this.tone("text.default") }};
    border: 1px solid {{ this.tone("line.border") }}; font: 12px/1.5 Inter, system-ui, sans-serif; }
  #atmx b { color: {{ this.tone("text.strong") }}; } #atmx small { color: {{ this.tone("text.muted") }}; }
  #atmx table { border-spacing: 0; } #atmx td { padding: 0 10px 0 0; }
  #atmx i { display: inline-block; width: 14px; height: 9px; }
  .leaflet-tooltip td { font-size: 12px; }
</style>
<div id="atmx"><b>{{ this.content.title }}</b><br>
{% for line in this.content.lines %}{% if line %}<small>{{ line }}</small><br>{% endif %}{% endfor %}
<table>{% for name, legend, features in this.content.layers %}<tr><td>{{ name }}</td>
<td>{{ legend.words[0] }} {% for colour in legend.colours %}<i style="background: {{ colour }}"></i>{% endfor %}
{{ legend.words[-1] }}</td><td><small>{{ legend.title }} · {{ features|length }} cells</small></td></tr>
{% endfor %}</table>
<small>{{ this.credits }}</small></div>
{% endmacro %}
"""
