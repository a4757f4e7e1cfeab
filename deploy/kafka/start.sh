#!/usr/bin/env bash
# One Kafka node (broker and controller, KRaft). Everybody signs in with SCRAM; the users are made
# when the storage is formatted, at the first start. The controller's own listener is reachable
# from inside this container only, and is the one that needs no name.
set -euo pipefail

data=/var/lib/kafka/data
users=(admin registry referrals notifications publishers)
room_mb=${KAFKA_ROOM_MB:-512}

fail() { echo "Kafka cannot start: $*" >&2 && exit 1; }
secret() { cat "/run/secrets/kafka_$1_password"; }
free_mb() { df -Pm "$data" | { read -r _ && read -r _ _ _ free _ && echo "$free"; }; }

for name in "${users[@]/%/_password}" keystore; do
    [ -s "/run/secrets/kafka_$name" ] || fail "the secret kafka_$name is empty or missing; put" \
        "back your copy of deploy/secrets.d/kafka_$name, or run deploy/secrets, which makes what" \
        "is missing"
done
[ -w "$data" ] || fail "user $(id -u) may not write to its volume, which belongs to user" \
    "$(stat -c %u "$data"); give it the volume's files: chown -R $(id -u) on the server"
[ "$(free_mb)" -ge "$room_mb" ] || fail "its disk is full: $(free_mb) MB are free, it wants" \
    "$room_mb; make room where Docker keeps its volumes (docker system df shows what fills it)," \
    "and it starts by itself within a minute"
made_for=$(sed -n 's/^cluster\.id=//p' "$data/meta.properties" 2> /dev/null || true)
[ "${made_for:-$KAFKA_CLUSTER_ID}" = "$KAFKA_CLUSTER_ID" ] || fail "the data in its volume are of" \
    "the cluster $made_for, not of $KAFKA_CLUSTER_ID; put IHALA_KAFKA_CLUSTER_ID=$made_for into" \
    ".env, or remove the volume: every service then sends its events again from its documents"

settings=/tmp/server.properties
cat > "$settings" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9093
controller.listener.names=CONTROLLER
listeners=CONTROLLER://127.0.0.1:9093,INSIDE://0.0.0.0:9092,OUTSIDE://0.0.0.0:9094
advertised.listeners=INSIDE://kafka:9092,OUTSIDE://${KAFKA_OUTSIDE}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,INSIDE:SASL_PLAINTEXT,OUTSIDE:SASL_SSL
inter.broker.listener.name=INSIDE
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.inside.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="$(secret admin)";
listener.name.outside.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.outside.ssl.keystore.type=PEM
listener.name.outside.ssl.keystore.location=/run/secrets/kafka_keystore
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:ANONYMOUS
allow.everyone.if.no.acl.found=false
auto.create.topics.enable=false
delete.topic.enable=false
log.dirs=$data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=500
PROPERTIES
chmod 600 "$settings"

# What it says goes to the container's log and nowhere else: /tmp is small.
cat > /tmp/log4j2.properties <<'PROPERTIES'
status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=INFO
rootLogger.appenderRef.out.ref=out
PROPERTIES
export KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=/tmp/log4j2.properties EXTRA_ARGS=''

scram=()
for name in "${users[@]}"; do
    scram+=(--add-scram "SCRAM-SHA-512=[name=$name,password=$(secret "$name")]")
done
/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id "$KAFKA_CLUSTER_ID" \
    --config "$settings" "${scram[@]}" > /dev/null
unset scram
exec /opt/kafka/bin/kafka-server-start.sh "$settings"
