#!/usr/bin/env bash
# mongod with sign-in. It wants its key file to itself, so it gets a copy that nobody else can read.
set -euo pipefail

install -m 400 /run/secrets/mongo_key /tmp/mongo-key
exec mongod --replSet rs0 --bind_ip_all --keyFile /tmp/mongo-key --dbpath /data/db \
    --wiredTigerCacheSizeGB "${MONGO_CACHE_GB:-0.5}"
