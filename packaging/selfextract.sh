#!/bin/sh
# Puts a shell head before a tar.gz: selfextract.sh ARCHIVE OUT. What comes out needs sh, tar, gzip and sha256sum.
# Its first start unpacks into the user's cache, under the archive's own hash; later starts run what is there.
set -eu
hash=$(sha256sum "$1" | cut -d ' ' -f 1)
{
    cat <<'HEAD' | sed "s/@HASH@/$hash/"
#!/bin/sh
# atmx. `--extract DIR` unpacks it for good; anything else is handed to the program.
set -eu
hash=@HASH@
lines=$(awk '/^__ARCHIVE__$/ { print NR + 1; exit }' "$0")
whole() { tail -n +"$lines" "$0" | sha256sum | grep -q "^$hash "; }
damaged() {
    echo "atmx: this download is damaged; get it again" >&2
    exit 9
}
if [ "${1:-}" = --extract ]; then
    whole || damaged
    mkdir -p "$2"
    tail -n +"$lines" "$0" | tar -xz -C "$2"
    echo "$2/atmx"
    exit 0
fi
place="${XDG_CACHE_HOME:-$HOME/.cache}/atmx/$hash"
if [ ! -d "$place" ]; then
    whole || damaged
    mkdir -p "${place%/*}"
    draft=$(mktemp -d "${place%/*}/part.XXXXXX")
    trap 'rm -rf "$draft"' EXIT INT TERM
    tail -n +"$lines" "$0" | tar -xz -C "$draft"
    mv "$draft" "$place" 2>/dev/null || [ -d "$place" ] # another start was quicker
    trap - EXIT INT TERM
    rm -rf "$draft"
fi
exec "$place/atmx/atmx" "$@"
__ARCHIVE__
HEAD
    cat "$1"
} >"$2"
chmod 755 "$2"
