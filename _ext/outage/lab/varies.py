"""What the stored outputs of a runbook may differ in from those of a plan just made, and why.

This is the one place where that is said. :data:`RULES` hold for every cell: what they name is another in
every lab. :data:`CELLS` hold for one cell each, applied after them. Whatever neither names is compared to
the letter, by :mod:`outage.lab.shown`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from re import MULTILINE, Pattern


@dataclass(frozen=True)
class Rule:
    """One thing that varies.

    Attributes:
        pattern: how it looks.
        word: what stands for it in the comparison; may refer to groups of the pattern.
        why: why it varies.
    """

    pattern: Pattern[str]
    word: str
    why: str

    def __call__(self, text: str) -> str:
        """Return the text with the word for what varies."""
        return self.pattern.sub(self.word, text)


def _make_rule(pattern: str, word: str, why: str) -> Rule:
    return Rule(re.compile(pattern, MULTILINE), word, why)


RULES = (
    _make_rule(
        r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d| UTC)?|\d{8}T\d{6}(\.\d+)?Z",
        "TIME",
        "a plan is made later",
    ),
    _make_rule(r"\b\d+(\.\d+)? (ms|s)\b|\b\d+:\d\d:\d\d\b", "DURATION", "no machine is as fast twice"),
    _make_rule(r"\b127\.0\.0\.1:\d+\b", "127.0.0.1:PORT", "each lab has ports of its own"),
    _make_rule(r" +$", "", "a column is as wide as its contents"),
    _make_rule(r"^ +|(?<=\S) {2,}", "  ", "a column is as wide as its contents"),
)

_PIDS = "each session is another process"
_CUSTOMERS = "customers come by chance"
_CLOCKS = "the lab writes all the time, and a moment earlier or later there is more or less"

CELLS: dict[tuple[str, str], tuple[Rule, ...]] = {
    ("blocked-queries", "tree"): (_make_rule(r"^([ │├└─]*)\d+(?= [a-z])", r"\1PID", _PIDS),),
    ("blocked-queries", "table"): (
        _make_rule(r"^\d+(?=  )", "PID", _PIDS),
        _make_rule(r"(?<= )\d+(?=( \d+)*  update )", "PID", _PIDS),
    ),
    ("blocked-queries", "decide"): (_make_rule(r"(?<=session )\d+|(?<=pid = )\d+", "PID", _PIDS),),
    ("dead-process", "tail"): (
        _make_rule(
            r"(?<=^web4:\n)(.+\n)+",
            "  LAST WORDS\n",
            "a server that is stopped while customers are on it says so, in one line or in many",
        ),
    ),
    ("disk-full", "rights"): (
        _make_rule(r"(?<=user )\d+( \(root\))?", "ACCOUNT", "the user who makes the plan"),
    ),
    ("golden-signals", "now"): (
        _make_rule(
            r"^(latency|traffic|saturation)  .*  (ms, 95th percentile|requests/s|requests in flight)  .*$",
            r"\1  FIGURES  \2  VERDICT",
            "a busy machine makes the shop slow, and its customers come in bursts; errors it does not make",
        ),
        _make_rule(r"^(errors  )[\d.]+(  0\.0 .*high, )\d+", r"\1SHARE\2FAR", _CUSTOMERS),
        _make_rule(r"^Unusual now: .*\berrors\b.*", "Unusual now: errors.", "as the rows above it"),
    ),
    ("golden-signals", "odd"): (
        _make_rule(r"^(web\d)  .*", r"\1  FIGURES", _CUSTOMERS),
        _make_rule(
            r"^(Stand out: .*|No server stands out\.)$",
            "WHO STANDS OUT",
            "in the five seconds looked at a server answers a handful of customers: one stands out by chance",
        ),
    ),
    ("golden-signals", "changes"): (
        _make_rule(
            r"^TIME  (started: |release 4\.2\.0 runs on ).*\n",
            "",
            "on a slow machine the lab itself came up before the time that is looked at",
        ),
    ),
    ("kill-switch", "state"): (
        _make_rule(r"^(web5  on  )(?!1\.0)\d+\.\d", r"\1MANY", "old code repeats orders, now more, now less"),
        _make_rule(r"^(web[^5]  on  )(1\.0|–)(?=  )", r"\1ONE", "nobody may have bought there yet"),
    ),
    ("replica-lag", "measure"): (_make_rule(r"\b\d+(\.\d+)? (bytes|KiB|MiB)", "SIZE", _CLOCKS),),
    ("replica-lag", "reasons"): (_make_rule(r"(?<=keeps )\d+(\.\d+)? (bytes|KiB)", "SIZE", _CLOCKS),),
    ("rolling-release", "now"): (
        _make_rule(r"(?<=  UP  )\d+  \d+\.\d %", "ANSWERS  SHARE", _CUSTOMERS),
        _make_rule(r"\d+ errors of \d+ answers, \d+\.\d %", "ERRORS of ANSWERS, SHARE", _CUSTOMERS),
    ),
    ("slow-queries", "costs"): (
        _make_rule(
            r"^ *DURATION  \d+  DURATION  DURATION  (?!select o\.id).*\n.*\n?",
            "",
            "what monitoring asks the database is seen or missed, for it is quick",
        ),
        _make_rule(r"\d+ runs? of \d+ statements?", "RUNS", _CUSTOMERS),
        _make_rule(r"(?<=DURATION  )\d+(?=  DURATION)", "RUNS", _CUSTOMERS),
    ),
    ("slow-queries", "history"): (
        _make_rule(r"^(?!.*select o\.id).*\n", "", "whether the lab itself was slow to be made"),
        _make_rule(r"\d+ times?", "TIMES", _CUSTOMERS),
    ),
    ("support-bundle", "list"): (
        _make_rule(r"^(\S+|logs/ of \d+ programs)  \d+", r"\1  BYTES", "files hold times and figures"),
    ),
}
