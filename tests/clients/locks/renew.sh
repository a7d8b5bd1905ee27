#!/bin/sh
# Renews the locks of the venues' official clients: universal, hashed, naming no index. Needs uv.
set -eu
cd "$(dirname "$0")"
compile() { uv pip compile --universal --generate-hashes --no-emit-index-url --quiet "$@"; }
compile --python-version 3.11 polymarket.in -o polymarket.txt
compile --python-version 3.13 kalshi.in -o kalshi.txt
compile --python-version 3.11 derive.in -o derive.txt
