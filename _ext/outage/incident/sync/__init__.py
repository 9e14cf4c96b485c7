"""Share incident folders through git: commit, pull and push, of those folders only."""
