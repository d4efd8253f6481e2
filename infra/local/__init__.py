"""Kafka, a schema registry and PostgreSQL on this machine, without containers: for the demo, tests and development."""

from infra.addresses import Addresses
from infra.errors import ServerError
from infra.local.stack import ServerStatus, Stack

__all__ = ["Addresses", "ServerError", "ServerStatus", "Stack"]
