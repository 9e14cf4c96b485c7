"""Runbooks: plain notebooks with typed parameters. This room reads them, and never executes one.

``contract`` is what a notebook declares; ``kit`` is what its cells may import; ``proof``
is when it last worked on a broken lab. ``outage.run`` carries a notebook out.
Nothing is imported here: a kernel imports ``outage.runbook.kit`` and should get only that.
"""
