"""Run a runbook, and keep a journal that can be trusted. Reading one is in ``runbook``.

``execute`` is where a run begins; ``runner`` takes it from cell to cell; ``journal`` is the record of
that, and the truth about it; ``history`` reads it back; ``resume`` goes on from it or undoes it.
``client`` and ``kernel`` do what nbclient does not.
"""
