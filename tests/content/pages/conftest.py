"""A small site for a test that builds a page of this company on it."""

from tests.product.pages.site import site  # noqa: F401  a fixture
