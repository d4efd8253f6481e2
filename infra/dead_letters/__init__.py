"""Unreadable records: stored whole, with their keys parked, until an operator has them re-driven or discarded."""
