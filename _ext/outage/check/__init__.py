"""Whether a handbook is right: its policy, its prose, its playbooks and its runbooks."""

from outage.check.handbook import check

__all__ = ["check"]
