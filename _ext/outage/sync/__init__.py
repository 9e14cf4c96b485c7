"""Sharing an incident's folder through git: commit, pull and push, of that folder only."""
