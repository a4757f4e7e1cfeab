#!/usr/bin/env bash
# nginx, with the address that callers know. What keeps it from starting is said in one line.
set -euo pipefail

fail() { echo "The gateway cannot start: $*" >&2 && exit 1; }

for name in gateway_certificate gateway_key; do
    [ -s "/run/secrets/$name" ] || fail "the secret $name is empty or missing; put your own into" \
        "deploy/secrets.d/$name, or run deploy/secrets, which makes what is missing"
done
[[ $IHALA_PUBLIC_URL =~ ^https://[A-Za-z0-9.:-]+/?$ ]] || fail "IHALA_PUBLIC_URL must be an" \
    "address such as https://ihala.example.org, not $IHALA_PUBLIC_URL"

# Where callers who forgot TLS are sent: never to what their own request names.
echo "return 308 ${IHALA_PUBLIC_URL%/}\$request_uri;" > /tmp/redirect.conf
# Who knows the addresses of the services, and, where short names do not do, what follows a name.
nameserver=$(sed -n 's/^nameserver *//p' /etc/resolv.conf | head -n 1)
case $nameserver in *:*) nameserver="[$nameserver]" ;; esac
cat > /tmp/names.conf <<NAMES
resolver $nameserver valid=5s ipv6=off;
map \$service \$domain { default "${GATEWAY_DOMAIN:-}"; }
NAMES
exec nginx -e /dev/stderr -g "daemon off;" -c /etc/ihala/nginx.conf
