"""Training: what happened, played back event by event, with the decisions left to the group."""
