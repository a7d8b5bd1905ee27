#!/bin/sh
# Renews the locks: universal, hashed, naming no index. Needs uv; run from the checkout's root.
set -eu
compile() { uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet "$@"; }
compile pyproject.toml -o locks/core.txt
compile pyproject.toml --extra web --extra grib --extra research --extra dask --extra ccxt -c locks/core.txt -o locks/extras.txt
compile pyproject.toml --group dev -c locks/core.txt -o locks/dev.txt
printf 'nautilus_trader==1.221.0\nhftbacktest==2.4.4\n' | compile - -o locks/peers.txt # make peers; never dependencies
