#!/bin/sh
# Unquoted on purpose: each of these variables holds several options.
# shellcheck disable=SC2086
exec java -server -XX:+UseG1GC -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true \
    ${KAFKA_HEAP_OPTS:--Xmx1g} ${KAFKA_LOG4J_OPTS:-} ${KAFKA_OPTS:-} \
    -cp '/opt/kafka/libs/*' kafka.Kafka "$@"
