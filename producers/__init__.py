"""The ways into the system: one module per source system, and the clock."""
