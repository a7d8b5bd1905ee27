#!/bin/sh
# Builds the site of the documents into build/site: what is written in docs/ and resources/help, and what the code says
# of itself. Every link is checked. Nothing is fetched.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python packaging/pages.py build/pages
.venv/bin/mkdocs build --quiet --strict --clean
echo "build/site/index.html: $(find build/site -name '*.html' | wc -l) pages"
