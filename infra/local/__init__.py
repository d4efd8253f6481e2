"""Kafka, a schema registry and PostgreSQL on this machine, without containers: for the demo, tests and development."""

from infra.local.stack import ServerStatus, Stack

__all__ = ["ServerStatus", "Stack"]
