"""What enters: one module per source system, and the clock."""
