"""What ``outage check`` finds wrong in a handbook. What stops a file from loading is with its model."""

from outage.check.handbook import check

__all__ = ["check"]
