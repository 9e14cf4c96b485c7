"""The words that are ours and fixed, so that prose, playbooks and audit can rely on them.

A company sets their names, merges roles and drops audiences; it never renames an id.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import StringConstraints

RoleId = Literal[
    "incident-commander",
    "deputy",
    "operations-lead",
    "expert",
    "communications-lead",
    "scribe",
    "planner",
    "customer-liaison",
    "review-team",
]
AudienceId = Literal["responders", "executives", "customers"]
StageId = Literal["investigating", "identified", "monitoring", "resolved", "closed"]
ScopeId = Literal["area", "division", "company"]
ChannelId = Literal["company", "division", "area", "incident", "executives", "customers", "users", "bridge"]
AlertLevel = Literal["warning", "error", "critical"]
Tool = Literal["chat", "bridge", "site", "repository", "pager"]

ROLES: tuple[RoleId, ...] = get_args(RoleId)
AUDIENCES: tuple[AudienceId, ...] = get_args(AudienceId)
STAGES: tuple[StageId, ...] = get_args(StageId)
SCOPES: tuple[ScopeId, ...] = get_args(ScopeId)
CHANNELS: tuple[ChannelId, ...] = get_args(ChannelId)
TOOLS: tuple[Tool, ...] = get_args(Tool)
ALERT_LEVELS: tuple[AlertLevel, ...] = get_args(AlertLevel)

OPEN_STAGES: tuple[StageId, ...] = ("investigating", "identified", "monitoring")
"""Stages in which promises still run; from ``resolved`` on, updates are no longer due."""

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
"""A company's own id: small letters, digits and hyphens."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
"""A text that is shown to people; it may not be empty."""


SHARED_ROLES = ("expert", "review-team")
