"""The law as tables of rows with ids: pure, no clock, no IO."""
