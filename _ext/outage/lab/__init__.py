"""A small, real production on loopback, to be broken and fixed. Alert rules are in the handbook's ``lab/``.

``control`` starts and stops the lab as a whole, ``parts`` are what it consists of, each started on demand,
``supervise`` runs their programs under supervisord, ``shop`` is what the servers run and who uses them.
``faults`` holds what can be broken, ``fingerprint`` tells whether anything changed. The commands are
``outage lab ...``.
"""
