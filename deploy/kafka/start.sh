#!/usr/bin/env bash
# One Kafka node (broker and controller, KRaft). Everybody signs in with SCRAM; the users are made
# when the storage is formatted, at the first start. The controller's own listener is reachable
# from inside this container only, and is the one that needs no name.
set -euo pipefail

secret() { cat "/run/secrets/kafka_$1_password"; }

data=/var/lib/kafka/data
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

users=()
for name in admin registry referrals notifications publishers; do
    users+=(--add-scram "SCRAM-SHA-512=[name=$name,password=$(secret "$name")]")
done
/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id "$KAFKA_CLUSTER_ID" \
    --config "$settings" "${users[@]}" > /dev/null
unset users
exec /opt/kafka/bin/kafka-server-start.sh "$settings"
