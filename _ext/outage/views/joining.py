"""Who joins what: newcomers the channels, and those who were there the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outage.views.channels import names
from outage.views.markup import bullets, ref, refs

if TYPE_CHECKING:
    from outage.policy import Policy
    from outage.policy.vocabulary import ChannelId


def new_joiners(policy: Policy) -> str:
    """The channels that somebody new joins; those for which another stands in count once."""
    joined = (
        policy.channels[key].same_as or key for key in policy.new_joiners.channels if key in policy.channels
    )
    return bullets(_joined(policy, key) for key in dict.fromkeys(joined))


def _joined(policy: Policy, own: ChannelId) -> str:
    named = names(policy, own)
    return f"{ref('channel', own)}: {', '.join(named)}; yours at least" if named else ref("channel", own)


def review_attendance(policy: Policy) -> str:
    """The roles that come to the review; merged ones count once."""
    held = {key: role.merged_into or key for key, role in policy.roles.items()}
    return refs("role", dict.fromkeys(held[key] for key in policy.review.attend if key in held))
