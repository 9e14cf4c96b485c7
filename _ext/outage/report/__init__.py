"""An incident as people read it: MyST text, and the numbers of its drawing.

Nothing here knows Sphinx. The site parses these texts in place, and any other engine could.
Every text of a record or a run passes through :mod:`outage.text` on its way.
"""
