"""Exactly once: a batch of one slice, from the lock on its row to Kafka's last acknowledgement."""
