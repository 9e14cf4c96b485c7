"""The shop itself: what its servers run, and the customers who use it. What starts it is in ``parts``.

``app.py`` is the server, the same in all releases; ``release_*.py`` is what each release does with a
request. A deployed artefact is a folder with a copy of both, so that an old artefact really is old code.
"""
