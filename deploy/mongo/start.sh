#!/usr/bin/env bash
# mongod with sign-in. What keeps it from starting is said in one line, with what mends it.
set -euo pipefail

data=/data/db
key=/run/secrets/mongo_key
room_mb=${MONGO_ROOM_MB:-512}

fail() { echo "MongoDB cannot start: $*" >&2 && exit 1; }
free_mb() { df -Pm "$data" | { read -r _ && read -r _ _ _ free _ && echo "$free"; }; }

[ -s "$key" ] || fail "the secret mongo_key is empty or missing; put back your copy of" \
    "deploy/secrets.d/mongo_key, or run deploy/secrets, which makes what is missing"
[ -w "$data" ] || fail "user $(id -u) may not write to its volume, which belongs to user" \
    "$(stat -c %u "$data"); give it the volume's files: chown -R $(id -u) on the server"
[ "$(free_mb)" -ge "$room_mb" ] || fail "its disk is full: $(free_mb) MB are free, it wants" \
    "$room_mb; make room where Docker keeps its volumes (docker system df shows what fills it)," \
    "and it starts by itself within a minute"

# mongod wants its key file to itself, so it gets a copy that nobody else can read.
install -m 400 "$key" /tmp/mongo-key
mongod --replSet rs0 --bind_ip_all --keyFile /tmp/mongo-key --dbpath "$data" \
    --wiredTigerCacheSizeGB "${MONGO_CACHE_GB:-0.5}" &
mongod=$!
trap 'kill -s TERM "$mongod"' TERM INT

ended=0
wait "$mongod" || ended=$?
# A signal ends the waiting, not mongod, which closes its files first.
while kill -0 "$mongod" 2> /dev/null; do
    ended=0
    wait "$mongod" || ended=$?
done
if [ "$ended" = 62 ]; then
    fail "the data in its volume were made by another version than this image's" \
        "($(mongod --version | sed -n 's/^db version v//p')); set IHALA_MONGO_IMAGE to the" \
        "version that made them, or restore a backup (docs/operating/compose.md)"
fi
if [ "$(free_mb)" -lt "$room_mb" ]; then
    echo "MongoDB ended, and $(free_mb) MB are free on its disk: make room" >&2
fi
exit "$ended"
