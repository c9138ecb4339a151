#!/bin/sh
# Make .env from .env.example with a fresh secret in every empty line; readable by its owner only.
#
#   sh deploy/new-env.sh          for a station
#   sh deploy/new-env.sh --demo   with an account for the simulated town too
set -eu
umask 077
cd "$(dirname "$0")/.."
target="${ENV_FILE:-.env}"

case "${1:-}" in
"") skip=MQTT_TOWN_PASSWORD ;;
--demo) skip= ;;
*)
    echo "usage: sh deploy/new-env.sh [--demo]" >&2
    exit 2
    ;;
esac
if [ -e "$target" ]; then
    echo "$target is there already. The volumes were made with its secrets: edit it, or move it away first." >&2
    exit 2
fi
command -v openssl >/dev/null || {
    echo "openssl is missing: install it, or copy .env.example to .env and fill it in by hand" >&2
    exit 2
}

while IFS= read -r line || [ -n "$line" ]; do
    case "$line" in
    "$skip=") printf '%s\n' "$line" ;;
    [A-Z]*=) printf '%s%s\n' "$line" "$(openssl rand -hex 24)" ;;
    *) printf '%s\n' "$line" ;;
    esac
done <.env.example >"$target.new"
mv "$target.new" "$target"
echo "$target is ready. The token for the console: grep CAREHUB_TOKEN $target"
