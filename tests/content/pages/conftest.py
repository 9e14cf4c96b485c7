"""Fixtures for tests that build a page of this company on a small site."""

from tests.product.pages.conftest import site  # noqa: F401  a fixture
