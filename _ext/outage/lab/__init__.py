"""A small, real production on loopback, and the faults to break it: the place to practise.

``control`` starts and stops the lab as a whole, ``parts`` are what it consists of, each started on demand,
``supervise`` runs their programs under supervisord, ``shop`` is what the servers run and who uses them.
``faults`` holds what can be broken, ``fingerprint`` tells whether anything changed. The commands are
``outage lab ...``.
"""
