"""Place times on an axis, as numbers: the kit of both timelines, an incident's and the one planned."""
