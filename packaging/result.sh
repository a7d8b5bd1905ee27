#!/bin/bash
# Runs a long proof and writes what it said to a file, with the machine and the time it took: result.sh FILE COMMAND...
set -uo pipefail
file=$1
shift
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain --untracked-files=no 2>/dev/null)" ] || commit="$commit, with changes"
began=$(date +%s)
mkdir -p "$(dirname "$file")"
{
    echo "commit   $commit"
    echo "begun    $(date -u +%Y-%m-%dT%H:%M:%SZ)"
    echo "machine  $(uname -sm), $(getconf _NPROCESSORS_ONLN) cores${cpu:+, $cpu}; $(.venv/bin/python --version)"
    echo "command  $*"
    echo
} | tee "$file"
# where the clone and the tests' folders lie is this machine's business
"$@" 2>&1 | sed -u -e "s#$PWD/##g" -e "s#PosixPath('[^']*')#…#g" -e 's#/[^ ]*/pytest-of-[^ ]*#…#g' | tee -a "$file"
code=$?
printf '\nexit code %s after %s s\n' "$code" "$(($(date +%s) - began))" | tee -a "$file"
exit "$code"
