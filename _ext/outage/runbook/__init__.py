"""Runbooks: plain notebooks with typed parameters, run so that their record can be trusted.

``contract`` reads a notebook without executing it; ``kit`` is what its cells may import;
``run`` carries it out; ``journal`` is the record of that, and the truth about it.
Nothing is imported here: a kernel imports ``outage.runbook.kit`` and should get only that.
"""
