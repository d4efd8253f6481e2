"""A ledger rebuilt from the topics (replay), and one that was restored from a backup (restore)."""
