"""The outage handbook that runs. The core is every folder but ``pages`` (Sphinx) and ``cli`` (commands)."""
