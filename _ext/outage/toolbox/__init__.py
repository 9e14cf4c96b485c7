"""What the cells of runbooks import to look at systems and to work on them; each module is one kind of tool.

``postgres``, ``scratch``: a database, and a server for a moment. ``fleet``, ``haproxy``,
``manifest``: many servers, the proxy before them, the release they should run. ``watched``,
``signals``: monitoring, and what is unusual in it. ``supervised``: programs that should
run. ``chart``, ``bundle``: a picture, and an archive for somebody who helps.

Nothing is imported here: a kernel imports the one tool that its runbook needs. What every
runbook needs, whatever it works on, is ``outage.runbook.kit``.
"""
