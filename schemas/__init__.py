"""Contracts: topics, events, their Avro schemas, and the dates and identifiers that they are made of."""
