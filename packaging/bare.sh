#!/bin/sh
# Installs the .deb and the self-extracting archive in a bare Debian, runs the demo there, takes it away again and tells
# what is left: bare.sh [DIST]. Needs root, debootstrap and the machine's own apt sources.
set -eu
dist=$(cd "${1:-dist}" && pwd)
root=$(mktemp -d)
chmod 755 "$root" # it becomes the root of a user who is not root
mounted=
leave() {
    for place in $mounted; do umount "$root/$place" 2>/dev/null || true; done
    rm -rf "$root"
}
trap leave EXIT INT TERM
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -1)
mirror=${mirror:-$(awk '$1 == "deb" { print $2; exit }' /etc/apt/sources.list)}
began=$(date +%s)
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" 2>&1 || { tail -5 "$root.log"; exit 3; }
echo "a bare $suite: $(($(date +%s) - began)) s"
rm -f "$root.log"
for file in /etc/apt/apt.conf /etc/apt/apt.conf.d /etc/resolv.conf; do
    [ ! -e "$file" ] || cp -rL "$file" "$root${file%/*}/" 2>/dev/null || true
done
for place in proc dev; do
    mount --bind "/$place" "$root/$place"
    mounted="$place $mounted"
done
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
cp "$dist"/atmx_*.deb "$dist"/atmx-*.run "$root/srv/"
inside apt-get update -qq
inside sh -c '! command -v python3' || { echo "this is not bare: it has Python"; exit 1; }
inside sh -c 'apt-get install -y -qq --no-install-recommends xvfb xauth >/dev/null 2>&1'
inside useradd -m -d /srv/trader trader
inside find / -xdev -path /proc -prune -o -path /var -prune -o -print | sort >"$root/before"
began=$(date +%s)
inside sh -c 'apt-get install -y -qq --no-install-recommends /srv/atmx_*.deb >/dev/null 2>&1'
echo "installed: $(($(date +%s) - began)) s, $(du -sm "$root/opt/atmx" | cut -f 1) MB"
demo='atmx --demo --headless --json --exit-after 90 --speed 1200 --profile /srv/trader/profile --shots /srv/trader/shots'
began=$(date +%s)
inside su trader -c "xvfb-run -a env QT_QPA_PLATFORM=xcb $demo" >"$root/out" 2>"$root/err" || {
    code=$?
    cat "$root/err"
    echo "the demo left with $code"
    exit 1
}
grep -q '"chain_ok": *true' "$root/out" || { echo "the chain does not verify"; exit 1; }
echo "demo under Xvfb: exit 0, $(($(date +%s) - began)) s, $(ls "$root/srv/trader/shots" | wc -l) pictures"
inside su trader -c "atmx chain verify --json /srv/trader/profile/ledger-paper.db"
inside su trader -c "atmx doctor --json --profile /srv/trader/profile" | head -c 300
echo
inside sh -c 'apt-get remove -y -qq atmx >/dev/null 2>&1'
inside find / -xdev -path /proc -prune -o -path /var -prune -o -print | sort >"$root/after"
left=$(comm -13 "$root/before" "$root/after" | grep -v -e '^/srv/trader' -e '^/after$' -e '^/out$' -e '^/err$' -e '^/tmp' | grep -e atmx || true)
[ -z "$left" ] || { echo "left behind:"; echo "$left"; exit 1; }
echo "removed: nothing of it is left but user data"
cp "$root"/srv/atmx-*.run "$root/srv/trader/atmx.run"
inside chown trader /srv/trader/atmx.run
for turn in first second; do
    began=$(date +%s%N)
    inside su trader -c "./atmx.run --version" -s /bin/sh --login >/dev/null 2>&1 || inside su - trader -c "./atmx.run --version"
    echo "self-extracting archive, $turn start: $((($(date +%s%N) - began) / 1000000)) ms"
done
printf 'x' | dd of="$root/srv/trader/atmx.run" bs=1 seek=3000000 conv=notrunc 2>/dev/null
rm -rf "$root/srv/trader/.cache/atmx"
inside su - trader -c "./atmx.run --version" >/dev/null 2>&1 && { echo "a damaged archive ran"; exit 1; }
echo "one changed byte: refused"
