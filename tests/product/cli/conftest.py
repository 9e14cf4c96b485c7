"""Fixtures for the commands of a response."""

from tests.product.incident.notify.desk import chat, dead_port  # noqa: F401  fixtures
