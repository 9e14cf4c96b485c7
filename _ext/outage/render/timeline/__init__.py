"""Place times on an axis, as numbers, for both timelines. What is placed is in ``incident`` and ``plan``."""
