r"""Patterns that no text can make slow: RE2's syntax, which has no look-around and no references back.

A company writes these patterns and hostile text meets them; RE2 takes time in proportion to
the text, whatever both are. Its ``\w`` is ASCII: write ``\pL`` for a letter of any script.
"""

from __future__ import annotations

from functools import cache
from typing import Any

_LONGEST = 500
_MOST_MEMORY = 4 << 20  # bytes a compiled pattern may take


class UnsafeRegexError(ValueError):
    """A pattern that is none of ours, with the reason in words."""


@cache
def compile_safe_regex(pattern: str) -> Any:
    """Compile a pattern; upper and lower case are the same. The result is used as ``re``'s is.

    Raises:
        NotLinearError: it is no pattern of RE2's, it fits an empty text, or it is too large.
    """
    import re2  # only for those who have a pattern

    if len(pattern) > _LONGEST:
        raise UnsafeRegexError(f"a pattern has at most {_LONGEST} characters")
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.max_mem = False, False, _MOST_MEMORY
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else "it is too large"
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise UnsafeRegexError(f"this is no pattern that RE2 knows: {words}") from None
    if compiled.search("") is not None:
        raise UnsafeRegexError("this pattern fits an empty text")
    return compiled
