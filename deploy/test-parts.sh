#!/bin/sh
# Installs the real parts that the tests run against, where that is allowed: root on Debian or a relative of it.
# Elsewhere it only says what is missing; the suite runs without and says so again at its end.
set -u

here=$(cd "$(dirname "$0")/.." && pwd)
missing=""
have() { PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$1" >/dev/null 2>&1; }
have mosquitto || missing="$missing mosquitto"
have mosquitto_pub || missing="$missing mosquitto-clients"
have influxd || missing="$missing influxdb"
have chromium || missing="$missing chromium"
have openssl || missing="$missing openssl"
have faketime || missing="$missing faketime"
have pdftotext || missing="$missing poppler-utils"
PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null | grep -q libpangoft2-1.0 || missing="$missing libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
have npm || missing="$missing nodejs npm"
if have fc-list && fc-list :lang=zh 2>/dev/null | grep -q .; then :; else missing="$missing fontconfig fonts-noto-cjk"; fi

# Those that come from npm: no scripts of theirs run, and nothing is written but tests/npm/node_modules.
from_npm() {
    have npm || return 0
    echo "installing the parts for the tests that come from npm …" >&2
    (cd "$here/tests/npm" && npm install --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error) >&2 ||
        echo "they could not be installed; the suite runs without" >&2
}

[ -z "$missing" ] && { from_npm; exit 0; }

if [ "$(id -u)" = 0 ] && have apt-get; then
    echo "installing the real parts for the tests:$missing …" >&2
    log=$(mktemp)
    # shellcheck disable=SC2086 # one word per package is meant
    if apt-get update >"$log" 2>&1 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >>"$log" 2>&1; then
        # Debian starts a broker and a database of its own at once; the tests bring theirs.
        for service in mosquitto influxdb; do
            have systemctl && systemctl disable --now "$service" >/dev/null 2>&1
        done
        rm -f "$log"
        from_npm
        exit 0
    fi
    tail -n 5 "$log" >&2
    echo "some of them could not be installed; the suite runs with what is there" >&2
    exit 0
fi
echo "not installed (needs root on Debian): apt-get install$missing" >&2
