#!/bin/sh
# Unquoted on purpose: each of these variables holds several options.
# shellcheck disable=SC2086
exec java -Xmx256m ${KAFKA_LOG4J_OPTS:-} -cp '/opt/kafka/libs/*' kafka.tools.StorageTool "$@"
