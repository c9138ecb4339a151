#!/bin/bash
# Give InfluxDB what Carehub needs beyond the image's own first setup: the buckets with their retention, and two
# tokens in files: the hub's (all buckets, read and write) and Grafana's (care_places, read only). May run at every
# start: what is there and works stays. Runs in the influxdb image, as root, after the server answers.
#
# Environment: INFLUX_HOST, INFLUX_TOKEN (the operator's), INFLUX_ORG, HOMES_RETENTION, PLACES_RETENTION,
# HUB_UID, GRAFANA_UID (who owns the token files), TOKENS (folder; default /tokens).
set -euo pipefail
umask 077

tokens="${TOKENS:-/tokens}"

die() {
    echo "init.sh: $*" >&2
    exit 1
}

# The id of a bucket, made if need be; its retention set to what .env says (0 = kept for ever).
bucket() {
    local name="$1" keep="$2" id
    id="$(influx bucket list --hide-headers | awk -F'\t+' -v name="$name" '$2 == name {print $1}')"
    if [ -z "$id" ]; then
        influx bucket create --name "$name" --retention "$keep" >/dev/null
        id="$(influx bucket list --hide-headers | awk -F'\t+' -v name="$name" '$2 == name {print $1}')"
        [ -n "$id" ] || die "the bucket $name was made but is not listed"
    else
        influx bucket update --id "$id" --retention "$keep" >/dev/null
    fi
    echo "$id"
}

# Whether a token may query a database with InfluxQL. The token goes in by standard input, not by the command line.
may_query() {
    local file="$1" database="$2" answer
    answer="$(
        printf 'header = "Authorization: Token %s"\n' "$(cat "$file")" |
            curl --silent --show-error --config - --get --data-urlencode "db=$database" \
                --data-urlencode 'q=SHOW MEASUREMENTS' --write-out '\n%{http_code}' "$INFLUX_HOST/query"
    )" || die "no answer from $INFLUX_HOST/query"
    [ "${answer##*$'\n'}" = 200 ] && [[ "$answer" != *'"error"'* ]]
}

# Ids of the tokens that carry a description.
tokens_called() {
    influx auth list --json | tr '{,' '\n\n' | awk -v name="\"$1\"" '
        /"id":/ {split($0, part, "\""); id = part[4]}
        /"description":/ && index($0, name) {print id}'
}

# Whether a token may query each of its databases, given as NAME=BUCKET-ID.
may_query_all() {
    local file="$1" database
    shift
    for database in "$@"; do may_query "$file" "${database%%=*}" || return 1; done
}

# A token in a file for one reader: token NAME FILE OWNER "DATABASE=BUCKET-ID …" PERMISSIONS…
token() {
    local name="$1" file="$2" owner="$3" databases id database
    read -ra databases <<<"$4"
    shift 4
    if [ -s "$file" ] && may_query_all "$file" "${databases[@]}"; then
        echo "$name: the token in $file works"
        return
    fi
    for id in $(tokens_called "$name"); do influx auth delete --id "$id" >/dev/null; done
    influx auth create --description "$name" "$@" --json |
        tr ',' '\n' | awk -F'"' '/"token":/ {print $4}' >"$file.new"
    [ -s "$file.new" ] || die "InfluxDB gave no token for $name"
    chown "$owner" "$file.new"
    chmod 0400 "$file.new"
    mv "$file.new" "$file"
    for database in "${databases[@]}"; do
        # 2.7 maps a bucket to an InfluxQL database of the same name by itself; where it does not, do it here.
        if ! may_query "$file" "${database%%=*}"; then
            influx v1 dbrp create --db "${database%%=*}" --rp autogen --default --bucket-id "${database#*=}" \
                >/dev/null
            may_query "$file" "${database%%=*}" || die "the new token of $name cannot query ${database%%=*}"
        fi
    done
    echo "$name: a new token is in $file"
}

homes="$(bucket care_homes "$HOMES_RETENTION")"
places="$(bucket care_places "$PLACES_RETENTION")"
# Summaries by the hour and the day: the hub itself removes what is older than its [retention].
homes_summary="$(bucket care_homes_summary 0)"
places_summary="$(bucket care_places_summary 0)"

token carehub-hub "$tokens/hub/token" "$HUB_UID" \
    "care_homes=$homes care_places=$places care_homes_summary=$homes_summary care_places_summary=$places_summary" \
    --read-bucket "$homes" --write-bucket "$homes" --read-bucket "$places" --write-bucket "$places" \
    --read-bucket "$homes_summary" --write-bucket "$homes_summary" \
    --read-bucket "$places_summary" --write-bucket "$places_summary"
token carehub-grafana "$tokens/grafana/token" "$GRAFANA_UID" "care_places=$places" --read-bucket "$places"

# Every viewer of Grafana may query all that its token reads: homes must not be in it.
for database in care_homes care_homes_summary; do
    if may_query "$tokens/grafana/token" "$database"; then
        die "Grafana's token reads $database. Remove the volume influx-token-grafana and start again"
    fi
done
echo "InfluxDB is ready"
