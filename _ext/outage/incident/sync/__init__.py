"""Share incident folders through git: commit, pull and push, those folders only. Events are in ``record``."""
