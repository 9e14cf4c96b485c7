"""The policy: ``handbook.yml`` as checked, frozen data with an address for each value. No prose."""

from outage.policy.duration import Duration
from outage.policy.load import load_policy, parse_policy
from outage.policy.policy import Policy, Value

__all__ = ["Duration", "Policy", "Value", "load_policy", "parse_policy"]
