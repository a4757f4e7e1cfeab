#!/usr/bin/env bash
# A Kafka node, broker and controller in one (KRaft): the only one, or one of several. Clients and
# brokers sign in with SCRAM, whose users are made when the storage is formatted, at the first
# start; controllers, who read those users only later, with PLAIN as admin. Nobody comes in
# without a name.
#
#   KAFKA_NODE      its number, 1 by default
#   KAFKA_NAME      the name that others reach it by, "kafka" by default
#   KAFKA_VOTERS    all nodes, as 1@kafka:9093,2@kafka-2:9093,…; by default it is alone
#   KAFKA_COPIES    how many of them keep each record, 1 by default
#   KAFKA_PROTOCOL  how brokers and services speak: SASL_PLAINTEXT by default, for a network that
#                   does not leave the machine, or SASL_SSL
set -euo pipefail

home=${KAFKA_HOME:-/opt/kafka}
data=${KAFKA_DATA:-/var/lib/kafka/data}
secrets=${KAFKA_SECRETS:-/run/secrets}
written=${TMPDIR:-/tmp}
protocol=${KAFKA_PROTOCOL:-SASL_PLAINTEXT}
name=${KAFKA_NAME:-kafka}
bind=${KAFKA_BIND:-0.0.0.0}
quorum=$bind
copies=${KAFKA_COPIES:-1}
if [ -z "${KAFKA_VOTERS:-}" ]; then
    quorum=127.0.0.1
    KAFKA_VOTERS=${KAFKA_NODE:-1}@127.0.0.1:9093
fi
in_sync=$((copies > 1 ? 2 : 1))
users=(admin registry referrals notifications publishers)
room_mb=${KAFKA_ROOM_MB:-512}

fail() { echo "Kafka cannot start: $*" >&2 && exit 1; }
secret() { cat "$secrets/kafka_$1_password"; }
free_mb() { df -Pm "$data" | { read -r _ && read -r _ _ _ free _ && echo "$free"; }; }

for file in "${users[@]/%/_password}" keystore; do
    [ -s "$secrets/kafka_$file" ] || fail "the secret kafka_$file is empty or missing; put" \
        "back your copy of deploy/secrets.d/kafka_$file, or run deploy/secrets, which makes what" \
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

jaas() { # jaas MODULE OPTION...: how one side of a connection says, or checks, who it is
    echo "org.apache.kafka.common.security.$1 required username=\"admin\" password=\"$(secret admin)\"${2:+ $2};"
}
settings=$written/server.properties
cat > "$settings" <<PROPERTIES
process.roles=broker,controller
node.id=${KAFKA_NODE:-1}
controller.quorum.voters=$KAFKA_VOTERS
controller.listener.names=CONTROLLER
listeners=CONTROLLER://$quorum:9093,INSIDE://$bind:9092,OUTSIDE://$bind:9094
advertised.listeners=INSIDE://$name:9092,OUTSIDE://${KAFKA_OUTSIDE}
listener.security.protocol.map=CONTROLLER:$protocol,INSIDE:$protocol,OUTSIDE:SASL_SSL
inter.broker.listener.name=INSIDE
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
sasl.mechanism.controller.protocol=PLAIN
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config=$(jaas plain.PlainLoginModule "user_admin=\"$(secret admin)\"")
listener.name.inside.scram-sha-512.sasl.jaas.config=$(jaas scram.ScramLoginModule)
listener.name.outside.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location=$secrets/kafka_keystore
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin
allow.everyone.if.no.acl.found=false
auto.create.topics.enable=false
delete.topic.enable=false
log.dirs=$data
default.replication.factor=$copies
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$copies
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$in_sync
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$in_sync
group.initial.rebalance.delay.ms=500
PROPERTIES
if [ "$protocol" = SASL_SSL ]; then
    # Whom the nodes themselves believe: the authority that signed their certificates.
    printf '%s\n' ssl.truststore.type=PEM "ssl.truststore.location=$secrets/authority_certificate" \
        >> "$settings"
fi
chmod 600 "$settings"

# What it says goes to the container's log and nowhere else: /tmp is small.
cat > "$written/log4j2.properties" <<'PROPERTIES'
status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=INFO
rootLogger.appenderRef.out.ref=out
PROPERTIES
export KAFKA_LOG4J_OPTS="-Dlog4j2.configurationFile=$written/log4j2.properties" EXTRA_ARGS=''

scram=()
for user in "${users[@]}"; do
    scram+=(--add-scram "SCRAM-SHA-512=[name=$user,password=$(secret "$user")]")
done
"$home/bin/kafka-storage.sh" format --ignore-formatted --cluster-id "$KAFKA_CLUSTER_ID" \
    --config "$settings" "${scram[@]}" > /dev/null
unset scram
exec "$home/bin/kafka-server-start.sh" "$settings"
