"""Runbooks as files: contract, parameters, digest. Nothing here executes one; that is ``run``.

``contract`` is what a notebook declares; ``kit`` is what its cells may import; ``proof``
is when it last worked on a broken lab. ``outage.run`` carries a notebook out.
Nothing is imported here: a kernel imports ``outage.kit`` and should get only that.
"""
