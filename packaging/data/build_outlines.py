"""Write resources/map/outlines.npz: county, state and coast lines of the contiguous states as arcs.

    npm pack us-atlas@3.0.1 world-atlas@2.0.2        (and unpack both)
    python packaging/data/build_outlines.py us-atlas/package world-atlas/package resources/map/outlines.npz

TopoJSON stores every border once, as an arc of integer steps from a first point, scaled and moved by one
transform; a ring is a list of arc numbers, `~n` walking arc n backwards. We keep that: an arc that one county
uses is coast or frontier, one that two states use is a state line, any other is a county line. Of the
neighbours only their coasts are kept, as lines.

Contents: `steps` (n, 2) int32, longitude and latitude in 1e-4 degrees, the first of each arc absolute, the rest
steps; `starts` (m + 1,) first point of each arc; `kinds` (m,) uint8 as `KINDS`; `rings`, `ring_starts` arc
numbers of each ring; `ring_county` (r,) the county of each ring, -1 for the land's own; `counties`, text lines.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

KINDS = ("coast", "state", "county", "abroad")
SCALE = 10_000
OUTSIDE = {"02", "15", "60", "66", "69", "72", "78"}  # Alaska, Hawaii and the territories
ABROAD = (-130.0, 15.0, -58.0, 56.0)  # west, south, east, north of what can come into view
STATES = (
    "01AL 04AZ 05AR 06CA 08CO 09CT 10DE 11DC 12FL 13GA 16ID 17IL 18IN 19IA 20KS 21KY 22LA 23ME 24MD 25MA 26MI 27MN"
    " 28MS 29MO 30MT 31NE 32NV 33NH 34NJ 35NM 36NY 37NC 38ND 39OH 40OK 41OR 42PA 44RI 45SC 46SD 47TN 48TX 49UT"
    " 50VT 51VA 53WA 54WV 55WI 56WY"
)
STATE_OF = {entry[:2]: entry[2:] for entry in STATES.split()}
Rings = list[list[int]]


def decode(topology: dict[str, Any]) -> list[np.ndarray]:
    """Return every arc as (n, 2) degrees."""
    scale, move = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    return [np.cumsum(np.array(arc), axis=0) * scale + move for arc in topology["arcs"]]


def rings_of(geometry: dict[str, Any]) -> Rings:
    """Return the rings of a polygon or of several."""
    if geometry["type"] == "Polygon":
        return geometry["arcs"]
    return [ring for polygon in geometry.get("arcs", ()) for ring in polygon]


def county_name(fips: str, name: str) -> str:
    """Return a county's name as people write it, with its state."""
    state = STATE_OF[fips[:2]]
    if state == "DC":
        return name
    if int(fips[2:]) >= 510:  # independent cities
        return f"{name}, {state}"
    return f"{name} {'Parish' if state == 'LA' else 'County'}, {state}"


def home(folder: Path) -> tuple[list[np.ndarray], list[int], list[tuple[int, list[int]]], list[str]]:
    """Return arcs, kinds, (county or -1, ring) and county names of the contiguous states."""
    topology = json.loads((folder / "counties-10m.json").read_text())
    arcs = decode(topology)
    counties = [g for g in topology["objects"]["counties"]["geometries"] if g["id"][:2] not in OUTSIDE]
    users: dict[int, set[str]] = defaultdict(set)
    for county in counties:
        for ring in rings_of(county):
            for arc in ring:
                users[arc if arc >= 0 else ~arc].add(county["id"])
    kept = sorted(users)
    place = {old: new for new, old in enumerate(kept)}
    kinds = [kind(users[arc]) for arc in kept]

    def renumber(ring: list[int]) -> list[int]:
        return [place[arc] if arc >= 0 else ~place[~arc] for arc in ring]

    rings = [(n, renumber(ring)) for n, county in enumerate(counties) for ring in rings_of(county)]
    nation = rings_of(topology["objects"]["nation"]["geometries"][0])
    rings += [(-1, renumber(ring)) for ring in nation if all((a if a >= 0 else ~a) in place for a in ring)]
    names = [county_name(c["id"], c["properties"]["name"]) for c in counties]
    return [arcs[arc] for arc in kept], kinds, rings, names


def kind(counties: set[str]) -> int:
    """Return the kind of an arc by who uses it."""
    if len(counties) == 1:
        return KINDS.index("coast")
    return KINDS.index("state" if len({fips[:2] for fips in counties}) > 1 else "county")


def abroad(folder: Path) -> list[np.ndarray]:
    """Return the outlines of other countries within `ABROAD`, without their frontier with ours."""
    topology = json.loads((folder / "countries-50m.json").read_text())
    arcs = decode(topology)
    ours, theirs = set[int](), set[int]()
    for country in topology["objects"]["countries"]["geometries"]:
        used = {arc if arc >= 0 else ~arc for ring in rings_of(country) for arc in ring}
        (ours if country["properties"]["name"] == "United States of America" else theirs).update(used)
    return [arcs[n] for n in sorted(theirs - ours) if near(arcs[n])]


def near(arc: np.ndarray) -> bool:
    """Whether an arc can come into view."""
    west, south, east, north = ABROAD
    (x0, y0), (x1, y1) = arc.min(axis=0), arc.max(axis=0)
    return bool(x1 > west and x0 < east and y1 > south and y0 < north)


def steps_of(arc: np.ndarray) -> np.ndarray:
    """Return an arc as a first point and steps, whole 1e-4 degrees."""
    whole = np.rint(arc * SCALE).astype(np.int32)
    return np.concatenate([whole[:1], np.diff(whole, axis=0)])


def main(us_atlas: str, world_atlas: str, target: str) -> None:
    """Write the file."""
    arcs, kinds, rings, names = home(Path(us_atlas))
    foreign = abroad(Path(world_atlas))
    arcs, kinds = arcs + foreign, kinds + [KINDS.index("abroad")] * len(foreign)
    np.savez_compressed(
        target,
        steps=np.concatenate([steps_of(arc) for arc in arcs]),
        starts=np.cumsum([0, *(len(arc) for arc in arcs)]).astype(np.int32),
        kinds=np.array(kinds, dtype=np.uint8),
        rings=np.array([arc for _county, ring in rings for arc in ring], dtype=np.int32),
        ring_starts=np.cumsum([0, *(len(ring) for _county, ring in rings)]).astype(np.int32),
        ring_county=np.array([county for county, _ring in rings], dtype=np.int32),
        counties=np.frombuffer("\n".join(names).encode(), dtype=np.uint8),
    )
    size = Path(target).stat().st_size
    print(f"{len(arcs)} arcs, {sum(map(len, arcs))} points, {len(names)} counties, {size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:4])
