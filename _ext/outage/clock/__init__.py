"""What is due when: deadlines under a changing severity, business days, and times as people read them."""

from outage.clock.dues import Due, due

__all__ = ["Due", "due"]
