"""The machinery: ledger, outbox, Kafka, registry, PostgreSQL, settings, command line."""
