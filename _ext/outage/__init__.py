"""The outage handbook that runs; ``pages`` is Sphinx, ``cli`` the commands. No company's own values."""
