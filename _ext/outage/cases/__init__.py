"""Case studies: other people's outages, as records with sources. Our own incidents are in ``incident``.

case = load_case_study(folder, root)
for finding in judged(case): ...
"""

from outage.cases.load import find_cases, load_case_study
from outage.cases.study import Moment, Study

__all__ = ["Moment", "Study", "find_cases", "load_case_study"]
