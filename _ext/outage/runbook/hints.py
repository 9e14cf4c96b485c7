"""Error texts as a person meets them, out of the pattern that fits them: to read, and to search for."""

from __future__ import annotations

import re

GAP = "…"
"""Stands for what differs from one error to the next."""
MOST = 40

_TOKEN = re.compile(
    r"""(?P<open>\((?:\?:)?(?!\?)) | (?P<close>\)) | (?P<bar>\|)
      | (?P<any>\\[dDwWsS] | \. | \[\^?\]?[^\]]*\])
      | \\(?P<escaped>[^A-Za-z0-9]) | (?P<plain>[^\\()|.\[*+?{}^$])""",
    re.VERBOSE,
)
_MANY = re.compile(r"[*+]\??|\{\d+(?:,\d*)?\}\??")


def spell_out(pattern: str) -> list[str]:
    """Spell the texts that a pattern fits, each with :data:`GAP` where anything may stand.

    A pattern that says more than alternatives, groups and repetitions is given back as it is, and so
    is one that fits more than 40 texts.
    """
    found = _spell_alternatives(pattern, 0)
    if found is None or found[1] != len(pattern) or len(found[0]) > MOST:
        return [pattern]
    gaps = (re.sub(rf"\s*(?:{GAP}\s*)+", f" {GAP} ", text) for text in found[0])
    texts = dict.fromkeys(text.strip(f" {GAP}") for text in gaps)
    return [text for text in texts if text] or [pattern]


def _spell_alternatives(pattern: str, at: int) -> tuple[list[str], int] | None:
    """Spell the texts of a pattern from here to the end of its group, and where that is."""
    done: list[str] = []
    texts = [""]
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None or len(done) + len(texts) > MOST:
            return None
        if token["close"]:
            break
        at = token.end()
        if token["bar"]:
            done, texts = done + texts, [""]
            continue
        if token["open"]:
            group = _spell_alternatives(pattern, at)
            if group is None or pattern[group[1] : group[1] + 1] != ")":
                return None
            pieces, at = group[0], group[1] + 1
        else:
            pieces = [GAP if token["any"] else token["escaped"] or token["plain"]]
        if many := _MANY.match(pattern, at):
            pieces, at = [GAP], many.end()
        elif pattern[at : at + 1] == "?":
            pieces, at = [*pieces, ""], at + 1
        texts = [text + piece for text in texts for piece in pieces]
    return done + texts, at
