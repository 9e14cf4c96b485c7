"""From ``case-studies/<id>/record.yml`` to a :class:`Study`, or to every problem in it at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from outage.cases.assemble import assemble
from outage.cases.bibliography import works
from outage.cases.models import StudyData
from outage.cases.problems import in_order, refused, shape_problems
from outage.cases.rules import broken_rules
from outage.errors import OutageError, Problems
from outage.policy import load_policy
from outage.source import Source, read_yaml

if TYPE_CHECKING:
    from outage.cases.study import Study
    from outage.policy import Policy

FOLDER = "case-studies"
RECORD = "record.yml"
SAMPLE = "policy.yml"
"""The sample policy, pinned: ``case-studies/policy.yml`` stays as it is when a company edits its own."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def find_cases(root: Path) -> list[Path]:
    """The folders of a handbook's cases that have a record, in the order of their names."""
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
    data = _shaped(source, folder.name)
    policy = _pinned(source, data, folder, root)
    known = works(root)
    broken = broken_rules(data, policy, folder, root, known)
    if broken:
        raise in_order([refused(source, *one) for one in broken])
    built = assemble(data, policy, folder, known)
    if isinstance(built, list):
        raise in_order([refused(source, *one) for one in built])
    return built


def _shaped(source: Source, name: str) -> StudyData:
    if not _ID.fullmatch(name):
        reason = f"the folder's name is the case's id, and '{name}' is none"
        raise Problems([source.refuse((), reason, "small letters, digits and hyphens only")])
    if not isinstance(source.data, dict):
        reason = "the file is empty" if source.data is None else "the file is not a mapping of keys to values"
        raise Problems([source.refuse((), reason, "start with 'title:', 'summary:' and 'events:'")])
    try:
        return StudyData.model_validate(source.data)
    except ValidationError as error:
        raise shape_problems(source, error) from None


def _pinned(source: Source, data: StudyData, folder: Path, root: Path) -> Policy:
    """The policy that the case pins; a wrong one is told with its own lines."""
    path = root / FOLDER / SAMPLE if data.policy == "sample" else folder / data.policy
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    if not path.is_file():
        problem: OutageError = source.refuse(
            ("policy",), f"there is no {shown}", "write sample, or add the file"
        )
        raise Problems([problem])
    return load_policy(path, shown)
