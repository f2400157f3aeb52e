"""What is due is done on both databases."""

from tests.storage.conftest import database

__all__ = ["database"]
