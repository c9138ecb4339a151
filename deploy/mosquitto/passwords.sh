#!/bin/sh
# Write the broker's password file: the hub, the site's devices and (if it has a password) the simulated town from
# the environment; accounts added by hand stay. Runs in the mosquitto image before the broker starts.
#
#   passwords.sh            from MQTT_HUB_PASSWORD, MQTT_SITE, MQTT_SITE_PASSWORD, MQTT_TOWN_PASSWORD
#   passwords.sh add NAME   one more account; asks for its password
set -eu
umask 077

file="${PASSWD_FILE:-/mosquitto/secrets/passwd}"
new="$file.new"

die() {
    echo "passwords.sh: $*" >&2
    exit 2
}

name_ok() {
    case "$1" in
    "" | *[!A-Za-z0-9_-]* | _* | hub | town) return 1 ;;
    esac
}

# The broker runs as user 1883 of its image and refuses to guess: the file is its own and nobody else's.
hand_over() {
    chmod 0400 "$file"
    if [ "$(id -u)" = 0 ]; then chown 1883:1883 "$file"; fi
}

if [ "${1:-}" = add ]; then
    name="${2:-}"
    name_ok "$name" || die "add NAME: letters, digits, - and _ only, not beginning with _, and neither hub nor town"
    [ -f "$file" ] || die "no $file yet: start the broker once (docker compose up -d mosquitto)"
    chmod 0600 "$file"
    mosquitto_passwd "$file" "$name"
    hand_over
    echo "account $name is ready; tell the broker: docker compose kill -s HUP mosquitto"
    exit 0
fi

: "${MQTT_HUB_PASSWORD:?set it in .env}" "${MQTT_SITE:?set it in .env}" "${MQTT_SITE_PASSWORD:?set it in .env}"
name_ok "$MQTT_SITE" || die "MQTT_SITE=$MQTT_SITE: the site's code as in the registry, neither hub nor town"

# Written in clear into a file of our own and hashed there: on a command line every process could read them.
{
    printf '%s:%s\n' hub "$MQTT_HUB_PASSWORD" "$MQTT_SITE" "$MQTT_SITE_PASSWORD"
    if [ -n "${MQTT_TOWN_PASSWORD:-}" ]; then printf '%s:%s\n' town "$MQTT_TOWN_PASSWORD"; fi
} >"$new"
mosquitto_passwd -U "$new"
if [ -f "$file" ]; then
    grep -v -e '^hub:' -e '^town:' -e "^$MQTT_SITE:" "$file" >>"$new" || [ $? -eq 1 ]
fi
mv "$new" "$file"
hand_over
