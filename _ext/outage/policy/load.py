"""From ``handbook.yml`` to a :class:`Policy`, or to every problem in it at once."""

from __future__ import annotations

from pathlib import Path

from outage.policy.defaults import fill_in_defaults
from outage.policy.policy import Policy
from outage.policy.rules import find_violations
from outage.source import Source, parse_yaml, read_yaml
from outage.validate import LINK, Wording, require_mapping, require_none, validate

_WORDING = Wording(
    start="start with 'company:' and 'severities:'; see examples/",
    missing={
        "company": "add 'company: {name: ..., timezone: ...}'",
        "severities": "add at least one severity, worst first",
    },
    patterns={
        "link": ("is not a link", "write a whole link: https://..., mailto:... or tel:..."),
        "phone": ("is not a telephone number", "digits, spaces and + ( ) . / - only"),
        "country": ("is not a country code", "two capital letters, as in GB or DE"),
        "site": LINK,
        "alerts.elsewhere": (
            "is not the name of an alert",
            "write the alert's name; * may stand at its end, as in Kube*",
        ),
    },
    has_defaults=True,
)


def load_policy(path: Path, shown: Path | None = None) -> Policy:
    """Read and check a policy file.

    Args:
        path: the file, usually ``handbook.yml``.
        shown: its name in messages; when None, relative to the current folder if it is below it.

    Raises:
        Problems: everything that is wrong with it, in the order of its lines; exit code 2.
    """
    return _build_policy(read_yaml(path, shown or _shorten(path)))


def parse_policy(text: str, shown: Path = Path("handbook.yml")) -> Policy:
    """Parse a policy from text; raises as :func:`load_policy`."""
    return _build_policy(parse_yaml(text, shown))


def _shorten(path: Path) -> Path:
    try:
        return path.resolve().relative_to(Path.cwd().resolve())
    except ValueError:
        return path


def _build_policy(source: Source) -> Policy:
    data = fill_in_defaults(require_mapping(source, _WORDING))
    policy = validate(Policy, source, _WORDING, data)
    require_none(source, _WORDING, find_violations(policy))
    policy.remember(source)
    return policy
