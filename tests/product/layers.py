"""The package's folders from the bottom up, as ARCHITECTURE.md lists them."""

from __future__ import annotations

LAYERS = [  # a folder imports from its own layer and from those above it in this list; see ARCHITECTURE.md
    {"errors"},
    {"text"},
    {"source", "secrets", "patterns", "glossary", "locales", "proxies", "git", "background", "processes"}
    | {"files", "locks"},
    {"unread", "validate"},
    {"policy"},
    {"redact"},
    {"project"},
    {"runbook"},
    {"incident"},
    {"playbook", "kit"},
    {"run"},
    {"review"},
    {"cases", "check"},
    {"schemas"},
    {"render"},
    {"doctor", "lab"},
    {"pages", "cli"},
]
