"""What a run must keep quiet about: the handbook's references, and what the environment calls a secret.

Names and rules are listed for people in ``runbooks/secret-names.csv``, whose rows are tests.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from outage.errors import Refused
from outage.redact.mask import make_masker
from outage.redact.scrub import SHORTEST, SHORTEST_LINE, SHORTEST_PART, Scrubber
from outage.secrets import SecretMissing, find_passwords, find_references, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from outage.policy import Policy
    from outage.runbook.parameters import Parameter

_CALLED_SECRET = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|WEBHOOK|COOKIE|API_?KEY"
    r"|(?:ACCESS|ACCOUNT|ENCRYPTION|MASTER|PRIVATE|SIGNING|STORAGE)_?KEY"
    r"|(?<!BY)(?<!COM)PASS(?:_|$)|_PWD$|_PW$|(?:^|_)PAT(?:_|$)|DSN(?:_|$)|(?:^|_)JWT(?:_|$)",
    re.IGNORECASE,
)
_CALLED_ADDRESS = re.compile(
    r"(?:DATABASE|DB|POSTGRES(?:QL)?|PG|MYSQL|MARIADB|MONGO(?:DB)?|REDIS|AMQP|RABBITMQ|BROKER)_?UR[IL](?:_|$)",
    re.IGNORECASE,
)
_SHORTEST_PATH = 12
_LONGEST_LIST = 20_000
"""Characters of a list of names that is looked for as a whole."""


def make_run_scrubber(
    parameters: Iterable[Parameter],
    values: Mapping[str, Any],
    policy: Policy | None = None,
    references: Iterable[str] = (),
    environ: Mapping[str, str] | None = None,
) -> Scrubber:
    """Return a scrubber that knows all that a run must keep quiet about.

    Args:
        parameters: of the runbook.
        values: of this run; a secret is its reference.
        policy: whose references count as well; its masks do if they are to be applied to the journal.
        references: others of the handbook. What resolves to nothing here cannot leak from here.
        environ: the environment; ``os.environ`` when None.

    Raises:
        Refused: a parameter's reference has nothing behind it, or a value too short to be recognised.
    """
    scrubber = Scrubber()
    for text in find_environment_secrets(os.environ if environ is None else environ):
        scrubber.add(text)
    if policy is not None:
        _learn_policy(scrubber, policy)
    for reference in references:
        with suppress(Refused):
            learn(scrubber, resolve(reference))
    for parameter in parameters:
        given = values.get(parameter.name)
        if parameter.secret and isinstance(given, str):
            learn(scrubber, _read_parameter(parameter.name, given))
    return scrubber


def learn(scrubber: Scrubber, value: str) -> None:
    """Have a scrubber leave out a value that a reference led to.

    Of a web address, what follows the host is a secret too: that is how HTTP libraries name it in errors.
    """
    scrubber.add(value)
    if value.startswith(("http://", "https://")):
        with suppress(ValueError):
            parts = urlsplit(value)
            rest = parts._replace(scheme="", netloc="", fragment="").geturl()
            if len(rest) >= _SHORTEST_PATH:
                scrubber.add(rest)


def find_handbook_references(runbooks: Path) -> set[str]:
    """Find every reference in the runbooks of a folder, whatever else may be wrong with them."""
    found: set[str] = set()
    for path in runbooks.glob("*.ipynb"):
        with suppress(OSError):
            found |= find_references(path.read_text(encoding="utf-8", errors="replace"))
    return found


def find_environment_secrets(environ: Mapping[str, str]) -> Iterator[str]:
    """Find what an environment calls a secret, by its name or inside a URL, and libpq's passwords."""
    for name, value in environ.items():
        value = value.strip()
        if len(value) >= SHORTEST_LINE and is_called_secret(name, value):
            yield value
        yield from (part for part in find_passwords(value) if len(part) >= SHORTEST_PART)
    with suppress(KeyError, OSError, UnicodeDecodeError):
        lines = Path(environ["PGPASSFILE"]).read_text(encoding="utf-8").splitlines()
        passwords = [line.rsplit(":", 1)[-1].strip() for line in lines if ":" in line and line[0] != "#"]
        yield from (password for password in passwords if len(password) >= SHORTEST_PART)


def is_called_secret(name: str, value: str) -> bool:
    """Return whether a variable's name says that its value is a secret; the address of a store is one."""
    called = _CALLED_SECRET.search(name) or ("://" in value and _CALLED_ADDRESS.search(name))
    return bool(called)


def _learn_policy(scrubber: Scrubber, policy: Policy) -> None:
    """Have a scrubber leave out all that the policy refers to.

    The list of customers' names is looked for as a whole only: each name is the masks' to hide, or to show.
    """
    masks = policy.masks
    if masks.journal:
        scrubber.mask = make_masker(masks).text
    for reference in find_references(policy.model_dump_json()):
        with suppress(Refused):
            value = resolve(reference)
            if reference != masks.names:
                learn(scrubber, value)
            elif len(value) <= _LONGEST_LIST:
                scrubber.add(value, lines=False)


def _read_parameter(name: str, reference: str) -> str:
    try:
        value = resolve(reference)
    except SecretMissing as error:
        raise Refused(f"'{name}': {error.message}", file=error.file, hint=error.hint) from None
    if len(value) < SHORTEST:
        reason = f"'{name}': this secret is too short to be recognised, and left out, in outputs"
        raise Refused(reason, hint=f"{SHORTEST} characters is the least")
    return value
