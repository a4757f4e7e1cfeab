#!/usr/bin/env bash
# Whether mongod answers: sends it `hello`, in its own protocol, and waits for the beginning of a
# reply. mongosh could ask that too, but takes seconds of a core at each start, six times a minute.
set -euo pipefail

exec 3<> "/dev/tcp/127.0.0.1/${MONGO_PORT:-27017}"
# OP_MSG of 52 bytes, request 1, with the document {hello: 1, $db: "admin"} of 31.
printf '\x34\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0' >&3
printf '\x1f\0\0\0\x10hello\0\1\0\0\0\2$db\0\6\0\0\0admin\0\0' >&3
[ "$(timeout "${MONGO_ANSWERS_WITHIN_S:-10}" head -c 16 <&3 | wc -c)" = 16 ]
