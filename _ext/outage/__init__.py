"""The outage handbook that runs: the core, its Sphinx half (`pages`) and its command line (`cli`)."""
