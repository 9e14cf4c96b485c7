"""What holds where a company says nothing.

Defaults are plain data in the file's own notation, merged under what the file says, so
that a default is a rule like any other: it has an address, a page shows it, an audit cites it.
The numbers are this project's own choice; the process pages say what others publish.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from outage.policy.vocabulary import AUDIENCES, CHANNELS, ROLES

Data = dict[str, Any]

_RANKS: list[Data] = [
    {
        "acknowledge": "5m",
        "commander": "10m",
        "first_message": {"responders": "5m", "executives": "15m", "customers": "15m"},
        "cadence": {"responders": "15m", "executives": "30m", "customers": "30m"},
        "review": {
            "meeting": "1 business day",
            "draft": "2 business days",
            "shared": "3 business days",
            "actions": "15 days",
        },
    },
    {
        "acknowledge": "15m",
        "commander": "15m",
        "first_message": {"responders": "15m", "executives": "30m", "customers": "30m"},
        "cadence": {"responders": "30m", "executives": "1h", "customers": "1h"},
        "review": {
            "meeting": "3 business days",
            "draft": "4 business days",
            "shared": "5 business days",
            "actions": "30 days",
        },
    },
    {
        "acknowledge": "1h",
        "commander": "1h",
        "first_message": {"responders": "1h", "executives": "4h", "customers": "4h"},
        "cadence": {"responders": "2h", "executives": "none", "customers": "4h"},
        "review": {
            "meeting": "5 business days",
            "draft": "7 business days",
            "shared": "10 business days",
            "actions": "30 days",
        },
        "state_document": "2h",
    },
    {
        "acknowledge": "1 business day",
        "commander": "none",
        "first_message": {"responders": "1 business day", "executives": "none", "customers": "none"},
        "cadence": {"responders": "none", "executives": "none", "customers": "none"},
        "review": {"meeting": "none", "draft": "none", "shared": "none", "actions": "none"},
        "reassess": "none",
        "time_box": "none",
        "state_document": "none",
        "hand_over": "none",
        "watch_after": "none",
    },
]

ROLE_NAMES: dict[str, tuple[str, str]] = {
    "incident-commander": ("Incident commander", "IC"),
    "deputy": ("Deputy", "Deputy"),
    "operations-lead": ("Operations lead", "Ops"),
    "expert": ("Subject matter expert", "SME"),
    "communications-lead": ("Communications lead", "Comms"),
    "scribe": ("Scribe", "Scribe"),
    "planner": ("Planner", "Plan"),
    "customer-liaison": ("Customer liaison", "Liaison"),
    "review-team": ("Review team", "Review"),
}
"""Our own name and short name of each role, for a company that says none."""

_STAFFING: dict[str, list[list[str]]] = {
    "1": [["incident-commander", "operations-lead", "communications-lead", "scribe"]],
    "2": [["incident-commander", "communications-lead", "scribe", "planner"], ["operations-lead", "expert"]],
    "3": [
        ["incident-commander", "planner"],
        ["operations-lead", "expert"],
        ["communications-lead", "scribe", "customer-liaison"],
    ],
    "6": [
        ["incident-commander"],
        ["deputy", "planner"],
        ["operations-lead"],
        ["expert"],
        ["communications-lead", "customer-liaison"],
        ["scribe"],
    ],
    "20": [
        ["incident-commander"],
        ["deputy"],
        ["operations-lead"],
        *[["expert"]] * 5,  # as many as one person leads well; the rest are the next shift
        ["communications-lead"],
        ["customer-liaison"],
        ["scribe"],
        ["planner"],
    ],
}

_AUDIENCES: Data = {
    "responders": {"name": "Responders", "channel": "incident"},
    "executives": {"name": "Executives", "channel": "executives"},
    "customers": {"name": "Customers", "channel": "customers", "promise_time": False},
}

_REVIEWERS = (
    "incident-commander",
    "operations-lead",
    "expert",
    "communications-lead",
    "scribe",
    "review-team",
)

_STANDS_IN: dict[str, str] = {
    # A company without this channel uses that one.
    "division": "company",
    "area": "division",
    "incident": "area",
    "executives": "company",
    "users": "company",
}

_REST: Data = {
    "calendar": {"weekend": ["saturday", "sunday"]},
    "large_scale": {
        "division": {"whole-product": "A product of the division is down for all its users"},
        "company": {
            "everybody": "Most of the people the company serves, or most of its staff, are affected",
            "shared-platform": "The shared platform (network, identity, databases) is failing",
        },
    },
    "state_document": {
        "cadence": "30m",
        "where": "A document linked from the topic of the incident's channel",
        "keeper": "incident-commander",
    },
    "hand_over": {"commander_limit": "8h", "shift_limit": "12h", "overlap": "15m"},
    "review": {"length": "15m", "across_teams": "Once a week, all teams go through the latest reviews"},
    "new_joiners": {"reading": "1h"},
    "fallbacks": {
        "chat": ["A group call", "Text messages between the people who hold a role", "One room, in person"],
        "bridge": ["A phone conference", "Text only, in the incident's channel"],
        "site": [
            "A printed copy of the emergency pages",
            "The handbook's repository: its pages are plain text",
        ],
        "repository": ["Any colleague's clone of it", "Paper, typed in afterwards with the times"],
        "pager": ["Phone calls, down the list of contacts", "Someone knocks on the door"],
    },
    "watch_after": "24h",
    "environments": {"local": {"hosts": ["localhost", "127.0.0.1", "::1"]}},
    "runbooks": {"reviewed_branch": "main", "second_person": ["high"]},
    "alerts": {"rules": [], "elsewhere": {}, "site": "none"},
    "masks": {
        "pages": True,
        "journal": False,
        "sql_literals": True,
        "patterns": {"e-mail": r"[\pL\pN._%+-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+"},
        "names": "none",
    },
    "sync": {"automatic": False, "remote": "origin", "branch": "main"},
}


def fill_in_defaults(data: Data) -> Data:
    """Fill in every default that the file's data leaves out.

    Parts of the wrong shape are passed on as they are: the models refuse them by name.
    """
    result = deepcopy(data)
    company = result.get("company")
    if isinstance(company, str):
        result["company"] = {"name": company}
    audiences = _fill_in_audiences(result)
    _fill_in_severities(result, audiences)
    ranked = list(result["severities"]) if isinstance(result.get("severities"), dict) else []
    _merge(result, _REST)
    _merge(result.setdefault("incident", {}), _make_incident(ranked, result.get("severities")))
    _merge(result.setdefault("classification", {}), {"when_in_doubt": "higher"})
    if ranked and isinstance(result["classification"], dict):
        subject = "customers" if "customers" in audiences else "people"
        result["classification"].setdefault("questions", _make_questions(ranked, subject))
    gone = _fill_in_roles(result, audiences)
    _fill_in_staffing(result, gone)
    _fill_in_channels(result, audiences)
    _merge(result["review"], {"attend": [role for role in _REVIEWERS if role not in gone]})
    joined = [key for key in ("company", "division", "users") if _is_own(result["channels"], key)]
    _merge(result["new_joiners"], {"channels": joined})
    return result


def _merge(into: Any, defaults: Data) -> None:
    """Put defaults under what is there; a text, list or criteria list given replaces the default whole."""
    if not isinstance(into, dict):
        return
    for key, value in defaults.items():
        if key not in into:
            into[key] = deepcopy(value)
        elif isinstance(value, dict) and key not in ("criteria", "division", "company", "environments"):
            _merge(into[key], value)


def _fill_in_audiences(result: Data) -> list[str]:
    """Fill in the audiences; returns the ids that the company has."""
    given = result.setdefault("audiences", {})
    if not isinstance(given, dict):
        return list(AUDIENCES)
    given = {
        key: None if value in (None, "none") else {"name": value} if isinstance(value, str) else value
        for key, value in given.items()
    }
    may_go = set(_AUDIENCES) - {"responders"}
    dropped = {key for key, value in given.items() if value is None and key in may_go}
    kept = {key: value for key, value in given.items() if key not in dropped}
    for key, default in _AUDIENCES.items():
        if key not in dropped:
            _merge(kept.setdefault(key, {}), default)
    result["audiences"] = {key: kept[key] for key in (*_AUDIENCES, *kept) if key in kept}
    return [key for key in AUDIENCES if key not in dropped]


def _fill_in_severities(result: Data, audiences: list[str]) -> None:
    severities = result.get("severities")
    if not isinstance(severities, dict):
        return
    for rank, (key, value) in enumerate(severities.items()):
        if isinstance(value, str):
            value = severities[key] = {"meaning": value}
        default = deepcopy(_RANKS[min(rank, len(_RANKS) - 1)])
        for promise in ("first_message", "cadence"):
            default[promise] = {key: default[promise][key] for key in audiences}
        _merge(value, {"name": key.replace("-", " ").capitalize(), **default})


def _is_own(channels: Any, key: str) -> bool:
    """Whether the company has this channel itself, and doesn't use another in its place."""
    channel = channels.get(key) if isinstance(channels, dict) else None
    return isinstance(channel, dict) and "same_as" not in channel


def _choose_severity(ranked: list[str], rank: int) -> str:
    """Choose the severity of a rank, or the last one a shorter ladder has."""
    return ranked[min(rank, len(ranked) - 1)]


def _make_incident(ranked: list[str], severities: Any) -> Data:
    levels: Data = {"warning": {"severity": "none", "respond": "2 business days"}}
    for level, rank in (("error", 2), ("critical", 0)) if ranked else ():
        severity = _choose_severity(ranked, rank)
        given = severities[severity]
        acknowledge = given.get("acknowledge") if isinstance(given, dict) else None
        respond = _RANKS[rank]["acknowledge"] if acknowledge in (None, "none") else acknowledge
        levels[level] = {"severity": severity, "respond": respond}
    return {
        "threshold": "30m",
        "time_box": "30m",
        "reassess": "1h",
        "criteria": {
            "users-affected": "People can't do what the service is for, or can only do it badly",
            "longer-than-threshold": "Fixing it will take longer than the threshold, or no one can say",
            "second-team": "Fixing it takes a second team",
            "missed-service-level": "A service misses its promised service level",
        },
        "alert_levels": levels,
    }


def _make_questions(ranked: list[str], subject: str) -> Data:
    small = _choose_severity(ranked, max(1, len(ranked) - 1))
    return {
        "affected": {
            "ask": f"How many {subject} are affected?",
            "answers": {
                "all": {"text": "All or nearly all", "severity": _choose_severity(ranked, 0)},
                "many": {"text": "Many", "severity": _choose_severity(ranked, 1)},
                "some": {"text": "Some, or nobody", "severity": _choose_severity(ranked, 2)},
            },
        },
        "effect": {
            "ask": "What is the worst effect on them?",
            "answers": {
                "data": {
                    "text": "Data or money lost, wrong or exposed",
                    "severity": _choose_severity(ranked, 0),
                },
                "stopped": {
                    "text": "They can't do what they came for",
                    "severity": _choose_severity(ranked, 1),
                },
                "hindered": {
                    "text": "Slow, or works another way",
                    "severity": _choose_severity(ranked, 2),
                },
            },
        },
        "mended-soon": {
            "ask": "Will one expert fix it within the time box?",
            "answers": {
                "no": {"text": "No, or no one can say", "severity": _choose_severity(ranked, 2)},
                "yes": {"text": "Yes, and the impact is small", "time_box_up_to": small},
            },
        },
    }


def _fill_in_roles(result: Data, audiences: list[str]) -> set[str]:
    """Fill in the roles; returns the ids that nobody holds in their own name."""
    given = result.setdefault("roles", {})
    if not isinstance(given, dict):
        return set()
    for key, value in given.items():
        if isinstance(value, str):
            given[key] = {"name": value}
    gone: set[str] = set()
    for key in ROLES:
        name, short = ROLE_NAMES[key]
        if key == "customer-liaison" and "customers" not in audiences:
            gone.add(key)
            if key not in given:
                continue
        own = given.setdefault(key, {})
        if isinstance(own, dict):
            if own.get("merged_into"):
                gone.add(key)
            _merge(own, {"name": name, "short": own.get("name", short)})
    result["roles"] = {key: given[key] for key in (*ROLES, *given) if key in given}
    return gone


def _fill_in_staffing(result: Data, gone: set[str]) -> None:
    if "staffing" not in result:
        rows = {
            count: [[role for role in person if role not in gone] for person in row]
            for count, row in _STAFFING.items()
        }
        result["staffing"] = {count: [person for person in row if person] for count, row in rows.items()}
        return
    here = [role for role in ROLES if role not in gone]
    for row in result["staffing"].values() if isinstance(result["staffing"], dict) else []:
        for index, person in enumerate(row if isinstance(row, list) else []):
            if person == ["all"]:
                row[index] = here


def _fill_in_channels(result: Data, audiences: list[str]) -> None:
    """Give every channel id a channel: its own, or the one used in its place."""
    given = result.setdefault("channels", {})
    if not isinstance(given, dict):
        return
    own = {key: {"name": value} if isinstance(value, str) else value for key, value in given.items()}
    own.setdefault("company", {"name": "#outages"})
    if "customers" in audiences:
        own.setdefault("customers", {"name": "Status page"})
    for key, other in _STANDS_IN.items():
        if key not in own and isinstance(own.get(other), dict):
            root = own[other].get("same_as", other)
            own[key] = {**own[other], "same_as": root}
    result["channels"] = {key: own[key] for key in (*CHANNELS, *own) if key in own}
