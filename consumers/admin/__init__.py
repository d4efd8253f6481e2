"""The acts of operators and case handlers on tables of consumers: each act is recorded."""
