"""A remote, and clones of it for several people, with a git that knows none of this machine's settings."""

from tests.product.incident.sync.clones import _a_git_of_our_own, clone, remote  # noqa: F401  fixtures
