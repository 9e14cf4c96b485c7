"""A chat service, and an incident's folder with channels that lead to it."""

from tests.product.incident.notify.desk import _no_proxy, chat, dead_port, desk, policy  # noqa: F401  fixtures
