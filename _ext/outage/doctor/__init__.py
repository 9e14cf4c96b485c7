"""``outage doctor``: what wouldn't work from this machine, found before it is needed. It changes nothing.

It looks and changes nothing: no message is posted, nothing is pushed, and of a runbook only the
checks are run.
"""

from outage.doctor.examine import AREAS, examine
from outage.doctor.finding import Finding, State

__all__ = ["AREAS", "Finding", "State", "examine"]
