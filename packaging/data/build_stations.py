"""Write resources/stations/asos.csv from the ASOS station list of NCEI's HOMR (a work of the US government).

    python packaging/data/build_stations.py asos-stations.txt resources/stations/asos.csv

The list is bar-separated with a ruler under its heading. What is kept: the call sign as an ICAO code, the
name in words, the place, its H3 cell, the offset of local STANDARD time, and the minute of the routine report.
"""

from __future__ import annotations

import csv
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import h3

ELSEWHERE = {"AK", "HI", "GU", "MP", "PR", "VI", "AS", ""}
ROUTINE_MINUTE = 53
ROUTINE_MINUTES = {
    51: "NYC JFK LGA EWR ORD CLE PHX SAT",
    52: "ATL DCA IAD SPS",
    54: "PHL BOS LNK ACY AKQ ALO APN AVP BTV BUF CAR COS COU CRW DMH DSM FWA GSO JAN LEX LYH MVL ORH PIA RFD RIC"
    " ROA ROC SBN SUS SYR WAL",
    56: "SFO LAS",
}
"""Stations that do not report at :53, by minute; read off their routine METARs."""
MINUTE_OF = {call: minute for minute, calls in ROUTINE_MINUTES.items() for call in calls.split()}

ZONES = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC TN VA VT WV",
    "America/Chicago": "AL AR FL IA IL IN KS KY LA MI MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "AZ CO ID KS MT ND NE NM OR SD TX UT WY",
    "America/Los_Angeles": "CA ID NV OR WA",
}
"""Zones with a part in each state. The list's own offset picks among them; any other offset is an error."""
WORDS = {"AP": "", "INTL": "Intl", "MUNI": "Municipal", "RGNL": "Regional", "CO": "County", "FLD": "Field",
         "AFB": "AFB", "MCAS": "MCAS", "NAS": "NAS", "AAF": "AAF", "ASOS": "ASOS", "MEM": "Memorial",
         "NWS": "NWS", "WSO": "WSO", "LI": "LI", "JFK": "JFK", "DFW": "DFW", "NY": "New York", "CNTRL": "Central",
         "PHILA": "Philadelphia", "OHARE": "O'Hare", "SCI": "Science", "CTR": "Center", "MT": "Mount",
         "MTN": "Mountain", "STN": "Station", "IS": "Island"}  # fmt: skip


def rows(text: str) -> list[dict[str, str]]:
    """Return the list's lines as dictionaries by heading."""
    heading, _ruler, *lines = text.splitlines()
    names = [name.strip() for name in heading.split("|")]
    return [dict(zip(names, (field.strip() for field in line.split("|")), strict=True)) for line in lines]


def in_reach(row: dict[str, str]) -> bool:
    """Whether it is a station of the contiguous states with a three-character call sign."""
    return row["COUNTRY"] == "UNITED STATES" and row["ST"] not in ELSEWHERE and len(row["CALL"]) == 3


def words(name: str) -> str:
    """Return a name in capitals as people write it."""
    spelled = (WORDS.get(word, re.sub(r"[A-Z]+", lambda m: m[0].capitalize(), word)) for word in name.split())
    return " ".join(word for word in spelled if word)


def standard_offset(state: str, stated: int) -> int:
    """Return the hours of local standard time from UTC, checked against the zones of the state."""
    january = datetime(2026, 1, 1, tzinfo=UTC)
    offsets = {ZoneInfo(zone).utcoffset(january).total_seconds() / 3600
               for zone, states in ZONES.items() if state in states.split()}  # fmt: skip
    if stated not in offsets:
        raise SystemExit(f"{state}: offset was {stated}, its zones have {sorted(offsets)}")
    return stated


def station(row: dict[str, str]) -> tuple[object, ...]:
    """Return one line of our list."""
    lat, lon = float(row["LAT"]), float(row["LON"])
    offset = standard_offset(row["ST"], int(row["UTC"]))
    minute = MINUTE_OF.get(row["CALL"], ROUTINE_MINUTE)
    return f"K{row['CALL']}", words(row["NAME"]), lat, lon, h3.latlng_to_cell(lat, lon, 7), offset, minute


def main(source: str, target: str) -> None:
    """Write the list, sorted by code."""
    lines = sorted(station(row) for row in rows(Path(source).read_text(encoding="utf-8")) if in_reach(row))
    with Path(target).open("w", encoding="ascii", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("id", "name", "lat", "lon", "cell", "utc_offset_hours", "routine_minute"))
        out.writerows(lines)
    print(f"{len(lines)} stations")


if __name__ == "__main__":
    main(*sys.argv[1:3])
