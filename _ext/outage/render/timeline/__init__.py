"""Place times on an axis, as numbers. Templates in ``pages`` draw them."""
