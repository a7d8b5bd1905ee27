#!/bin/sh
# The README's pictures, made by the program itself: a traded demo day on paper, strategies at work, and it halted. $1: folder.
set -eu
shots=$1
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT
export QT_QPA_PLATFORM=offscreen

.venv/bin/python -m app --profile "$away/profile" --demo --headless --shots "$away/paper"
.venv/bin/python packaging/paper_on.py "$away/profile"
.venv/bin/python -m app --profile "$away/profile" --demo --shots "$away/strategies" --exit-after 75
.venv/bin/python -m app --profile "$away/profile" --demo --shots "$away/halted" --exit-after 40 &
terminal=$!
sleep 30 # the day goes on, and the docks fill again
.venv/bin/python -m app kill --profile "$away/profile"
wait "$terminal"

mkdir -p "$shots"
cp "$away/paper/weather-1920x1080.png" "$away/paper/weather-1366x768.png" "$shots/"
cp "$away/paper/hedge.png" "$shots/"
cp "$away/strategies/updown-1920x1080.png" "$shots/"
cp "$away/halted/weather-1920x1080.png" "$shots/weather-halted-1920x1080.png"
