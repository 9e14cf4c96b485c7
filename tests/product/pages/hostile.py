"""Texts that would be markup, a role, a script or an escape sequence if they were not shown as text."""

from __future__ import annotations

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "```{raw} html\n<b>x</b>\n```",
    "{severity}`high`",
    "{raw-html}`x`",
    "[a link](javascript:alert(1))",
    "![image](https://example.org/x.png)",
    "| a | b |",
    "`code` *stress* **strong** $x$",
    "<!-- gone -->",
    "(target)=",
    "% comment",
    "- a\n- b",
    "# heading",
    "&lt;b&gt; {{ substitution }} [^1]",
    "\x1b[31mred\x07 \u202eleft",
    ":::{note}\nx\n:::",
]
