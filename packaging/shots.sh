#!/bin/sh
# The README's picture of a halt, and that of a hedge, made by the program itself on a traded demo day. $1: folder.
# Those of the workspaces at work are pictures.py's.
set -eu
shots=$1
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT
export QT_QPA_PLATFORM=offscreen

.venv/bin/python -m app --profile "$away/profile" --demo --headless --shots "$away/paper"
.venv/bin/python -m app --profile "$away/profile" --demo --shots "$away/halted" --exit-after 60 &
terminal=$!
sleep 40 # the day goes on, and the docks fill again
tries=0
until .venv/bin/python -m app kill --profile "$away/profile"; do # a busy machine is slow to open it
    tries=$((tries + 1))
    [ "$tries" -lt 10 ] || exit 1
    sleep 1
done
wait "$terminal"

mkdir -p "$shots"
cp "$away/paper/hedge.png" "$shots/"
cp "$away/halted/weather-1920x1080.png" "$shots/weather-halted-1920x1080.png"
