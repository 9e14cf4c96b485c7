"""``outage doctor``: what would not work from here, found out before it is needed.

It looks and changes nothing: no message is posted, nothing is pushed, and of a runbook only the
checks are run.
"""

from outage.doctor.examine import AREAS, examine
from outage.doctor.finding import Finding, State

__all__ = ["AREAS", "Finding", "State", "examine"]
