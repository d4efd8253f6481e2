"""Decisions: each takes a state and an event, and returns a state and events."""
