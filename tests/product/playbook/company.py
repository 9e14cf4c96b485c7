"""A small company for the tests: it tells executives and no customers, and Ana joins when it takes long."""

from __future__ import annotations

from outage.policy import Policy, parse_policy

TEXT = """
company: {name: Testers, timezone: Europe/London}
calendar: {country: GB, region: ENG}
severities:
  high:
    name: High
    meaning: All is lost
    acknowledge: 5m
    commander: 10m
    first_message: {responders: 5m, executives: 15m}
    cadence: {responders: 15m, executives: 30m}
    review: {meeting: 1 business day, draft: 2 business days, shared: 3 business days}
  low:
    name: Low
    meaning: Little is lost
    acknowledge: 1h
    commander: none
    cadence: {responders: 2h}
    review: {meeting: none}
incident: {threshold: 30m, time_box: 20m, reassess: 1h}
audiences: {customers: none}
channels: {company: "#outages", incident: "#inc-{incident}"}
roles: {deputy: {merged_into: incident-commander}}
contacts: {ana: Ana Reis, ben: Ben Costa}
escalations:
  nobody: {when: unanswered, after: 5m, call: [ben], do: Call the next name.}
  ana-joins: {when: open, after: 1h, severities: [high], call: [ana, ben], do: Ana signs every reply.}
watch_after: 24h
"""


def policy(old: str = "", new: str = "") -> Policy:
    """The company's policy, perhaps with an edit."""
    assert old in TEXT
    return parse_policy(TEXT.replace(old, new) if old else TEXT)
