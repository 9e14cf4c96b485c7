"""A small site for a test to build."""

from tests.product.pages.site import site  # noqa: F401  a fixture
