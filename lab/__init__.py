"""A small, real production on loopback, and the faults to break it: the place to practise.

``control`` starts and stops the lab as a whole, ``postgres`` is its database server,
``faults`` holds what can be broken, ``fingerprint`` tells whether anything changed.
The commands are ``outage lab ...``.
"""
