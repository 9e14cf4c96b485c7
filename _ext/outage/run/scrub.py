"""Keeps secrets out of what a run writes and shows.

The runner reads the same references as the kernel does, and keeps the values in memory only: to
leave a text out one must know it, and a hash cannot be searched for inside other text. Each value
is looked for as it stands (and each long line of it), URL-encoded, in Base64 at all three
alignments, escaped as JSON, Python and HTML do it, and in hexadecimal. What encrypts, compresses,
reverses or draws a secret is not recognised.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from outage.errors import Refused
from outage.secrets import SecretMissing, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from outage.policy.models import Masks
    from outage.runbook.parameters import Parameter

MARK = "[secret]"
SHORTEST = 4
"""A shorter secret cannot be told from ordinary text."""
_SHORTEST_LINE = 8
_LONGEST_LINE = 2_000
_REFERENCE = re.compile(r"secret://(?:env|file)/[^\x00\n]+")
_CALLED_SECRET = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|CREDENTIAL|PRIVATE_?KEY", re.IGNORECASE)
# What only we write, and what readers compare: a secret that happens to be such a word must not break it.
_OURS = frozenset(
    {"kind", "state", "step", "mode", "run", "runbook", "digest", "id", "cell_type", "output_type", "tags"}
    | {"ename", "image/png", "secrets", "limits", "versions", "commit", "plan"}
)


class Scrubber:
    """Knows values, and puts a mark in their place."""

    def __init__(self, values: Iterable[str] = (), mask: Callable[[str], str] | None = None) -> None:
        """``mask`` takes personal data out of outputs as well, where the policy wants that in the journal."""
        self._forms: set[str] = set()
        self._mask = mask
        for value in values:
            self.add(value)

    def add(self, value: str) -> None:
        """Leave this value out from now on; one that is too short to be told from other text is not."""
        new = {form for form in _forms(value) if len(form) >= SHORTEST}
        if not new <= self._forms:
            self._forms |= new
            self.__dict__.pop("_pattern", None)
            self.__dict__.pop("longest", None)

    @cached_property
    def longest(self) -> int:
        """Characters of the longest form; 0 when nothing is known."""
        return max(map(len, self._forms), default=0)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """All forms, longest first. Text against them: no repeats, so nothing in it can make it slow."""
        return re.compile("|".join(map(re.escape, sorted(self._forms, key=len, reverse=True))))

    def text(self, text: str) -> str:
        """The text without the values."""
        return self._pattern.sub(MARK, text) if self._forms else text

    def output(self, text: str) -> str:
        """What may be written of an output: no secret, and nothing that is masked."""
        text = self.text(text)
        return self._mask(text) if self._mask else text

    def split(self, text: str) -> tuple[str, str]:
        """Of a text that goes on: what is safe to show, scrubbed, and the end that must wait.

        The end is held back only if it may be the beginning of a value: fewer characters than the
        longest form has. Where outputs are masked, a line waits for its end, or for its two
        thousandth character.
        """
        line = ""
        if self._mask and len(line := text[text.rfind("\n") + 1 :]) < _LONGEST_LINE:
            text = text[: len(text) - len(line)]
        else:
            line = ""
        if not self._forms:
            return self.output(text), line
        at = len(text) - max((_overlap(text, form) for form in self._forms), default=0)
        pieces, done = [], 0
        for found in self._pattern.finditer(text):
            if found.start() >= at:
                break
            pieces += [text[done : found.start()], MARK]
            done = found.end()
        at = max(at, done)
        shown = "".join([*pieces, text[done:at]])
        return self._mask(shown) if self._mask else shown, text[at:] + line

    def end(self, text: str) -> str:
        """The end of a text whose beginning was cut off, perhaps inside a value: scrubbed, and trusted."""
        if not self._forms:
            return self.output(text)
        at = min(self.longest, len(text))
        for found in self._pattern.finditer(text):
            if found.start() < at < found.end():
                at = found.end()
        return self.output(text[at:])

    def data(self, value: Any) -> Any:
        """JSON values without the secrets; keys, references, images and our own words stay."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return value if _REFERENCE.fullmatch(value) else self.text(value)
        if isinstance(value, list):
            return [self.data(item) for item in value]
        if isinstance(value, dict):
            return {
                key: item if key in _OURS and not isinstance(item, dict) else self.data(item)
                for key, item in value.items()
            }
        return value


def run_scrubber(
    parameters: Iterable[Parameter],
    values: Mapping[str, Any],
    masks: Masks | None = None,
    environ: Mapping[str, str] | None = None,
) -> Scrubber:
    """What a run must keep quiet about: its secret parameters, and what the environment calls a secret.

    Args:
        parameters: of the runbook.
        values: of this run; a secret is its reference.
        masks: the policy's; they count here if they are to be applied to the journal.
        environ: the environment; ``os.environ`` when None.

    Raises:
        Refused: a reference has nothing behind it, or a value too short to be recognised in an output.
    """
    environ = os.environ if environ is None else environ
    scrubber = Scrubber(
        value.strip()
        for name, value in environ.items()
        if _CALLED_SECRET.search(name) and len(value.strip()) >= _SHORTEST_LINE
    )
    if masks is not None and masks.journal:
        from outage.mask import masker

        scrubber._mask = masker(masks).text
    for parameter in parameters:
        reference = values.get(parameter.name)
        if not parameter.secret or not isinstance(reference, str):
            continue
        try:
            value = resolve(reference)
        except SecretMissing as error:
            raise Refused(f"'{parameter.name}': {error.message}", file=error.file, hint=error.hint) from None
        if len(value) < SHORTEST:
            reason = (
                f"'{parameter.name}': this secret is too short to be recognised, and left out, in outputs"
            )
            raise Refused(reason, hint=f"{SHORTEST} characters is the least")
        scrubber.add(value)
    return scrubber


def _overlap(text: str, form: str) -> int:
    """How many characters at the end of a text are the beginning of a form, and not all of it."""
    at = text.find(form[0], max(0, len(text) - len(form) + 1))
    while at != -1:
        if form.startswith(text[at:]):
            return len(text) - at
        at = text.find(form[0], at + 1)
    return 0


def _forms(value: str) -> Iterator[str]:
    """The texts by which a value is known."""
    lines = [line.strip() for line in value.splitlines() if len(line.strip()) >= _SHORTEST_LINE]
    for plain in {value, *lines}:
        yield plain
        for encoded in (quote(plain), quote(plain, safe=""), quote_plus(plain)):
            yield encoded
            yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)
        for escaped in (json.dumps(plain), json.dumps(plain, ensure_ascii=False)):
            yield escaped[1:-1]
            yield escaped[1:-1].replace("/", "\\/")
            yield json.dumps(escaped[1:-1])[1:-1]  # JSON within JSON: a logged request, say
        yield repr(plain)[1:-1]
        yield html.escape(plain)
        raw = plain.encode("utf-8", "surrogatepass")
        yield repr(raw)[2:-1]
        yield from (raw.hex(), raw.hex().upper())
        yield from _base64(raw)


def _base64(raw: bytes) -> Iterator[str]:
    """The characters that these bytes alone decide, wherever in a longer encoding they stand."""
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        encoded = base64.b64encode(bytes(before) + raw).decode()[first:last]
        yield encoded
        yield encoded.replace("+", "-").replace("/", "_")
