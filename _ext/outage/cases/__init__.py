"""Case studies: what happened somewhere, as a record with sources, and what a handbook's policy says of it.

case = load_case_study(folder, root)
for finding in judged(case): ...
"""

from outage.cases.load import find_cases, load_case_study
from outage.cases.study import Moment, Study

__all__ = ["Moment", "Study", "find_cases", "load_case_study"]
