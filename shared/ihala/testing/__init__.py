"""Real parts for tests: MongoDB, a Kafka-protocol broker, an SMTP sink, a token issuer."""
