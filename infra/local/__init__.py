"""Kafka, a schema registry and PostgreSQL on this machine, without containers: for the demo, tests and development."""

from infra.local.process import ServerError
from infra.local.stack import Addresses, ServerStatus, Stack

__all__ = ["Addresses", "ServerError", "ServerStatus", "Stack"]
