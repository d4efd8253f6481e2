"""Where a consumer's records come from: its place in the group, its reader, and batches in the order of days."""
