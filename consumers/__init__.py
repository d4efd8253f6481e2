"""The sinks of events: one module for each table, or group of tables, that a sink keeps."""
