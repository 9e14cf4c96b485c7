"""From ``case-studies/<id>/record.yml`` to a :class:`Study`, or to every problem in it at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from outage.cases.assemble import assemble
from outage.cases.bibliography import load_works
from outage.cases.models import StudyData
from outage.cases.rules import find_violations
from outage.cases.wording import WORDING
from outage.policy import load_policy
from outage.source import Source, read_yaml
from outage.validate import Violation, make_problems, require_id, require_mapping, require_none, validate

if TYPE_CHECKING:
    from outage.cases.study import Study
    from outage.policy import Policy

FOLDER = "case-studies"
RECORD = "record.yml"
SAMPLE = "policy.yml"
"""The sample policy, pinned: ``case-studies/policy.yml`` stays as it is when a company edits its own."""


def find_cases(root: Path) -> list[Path]:
    """Find the folders of a handbook's cases that have a record, in the order of their names."""
    return sorted(path.parent for path in (root / FOLDER).glob(f"*/{RECORD}"))


def load_case_study(folder: Path, root: Path) -> Study:
    """Read and check a case.

    Args:
        folder: that of the case; its name is the case's id.
        root: the handbook's, where its links lead, and its bibliography and the sample policy are.

    Raises:
        Problems: everything that is wrong with it, in the order of its lines; exit code 2.
    """
    path = folder / RECORD
    source = read_yaml(path, path.relative_to(root) if path.is_relative_to(root) else path)
    require_id(source, folder.name, "the folder's name is the case's id")
    require_mapping(source, WORDING)
    data = validate(StudyData, source, WORDING)
    policy = _load_pinned(source, data, folder, root)
    known = load_works(root)
    require_none(source, WORDING, find_violations(data, policy, folder, root, known))
    built = assemble(data, policy, folder, known)
    if isinstance(built, list):
        raise make_problems(source, WORDING, built)
    return built


def _load_pinned(source: Source, data: StudyData, folder: Path, root: Path) -> Policy:
    """Load the policy that the case pins; a wrong one is refused with its own lines."""
    path = root / FOLDER / SAMPLE if data.policy == "sample" else folder / data.policy
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    if not path.is_file():
        violation = Violation(("policy",), f"there is no {shown}", "write sample, or add the file")
        require_none(source, WORDING, [violation])
    return load_policy(path, shown)
