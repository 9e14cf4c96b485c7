"""The release manifest: a JSON file, named by RELEASE_MANIFEST, that says which release should run.

``{"digests": {version: digest}, "history": [version, ...]}``: the digest of each release's artefact, and the
releases in the order in which they were rolled out. The last one is what every server should run.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from outage import files
from outage.kit import RunbookError

VARIABLE = "RELEASE_MANIFEST"


@dataclass(frozen=True)
class Manifest:
    """Hold the manifest, as it was read.

    Attributes:
        file: where it is.
        digests: of each release's artefact, by version.
        history: what was rolled out, the latest last; never empty.

    Example:
        >>> digests = {"1.0": "aa", "1.1": "bb"}
        >>> manifest = Manifest(Path("manifest.json"), digests, ("1.0", "1.1"))
        >>> manifest.expected, manifest.before("1.1")
        ('1.1', '1.0')
        >>> manifest.write(["1.0", "1.1", "1.0"])
    """

    file: Path
    digests: dict[str, str]
    history: tuple[str, ...]

    @property
    def expected(self) -> str:
        """The version that should run."""
        return self.history[-1]

    def before(self, version: str) -> str | None:
        """Return the latest release that was rolled out before ``version``; None when there is no other."""
        return next((other for other in reversed(self.history) if other != version), None)

    def write(self, history: list[str]) -> None:
        """Replace the history in one step.

        Raises:
            RunbookError: the file can't be written.
        """
        text = json.dumps({"digests": self.digests, "history": history}, indent=1) + "\n"
        try:
            files.replace(self.file, text, durable=False)
        except OSError as error:
            raise RunbookError(f"the release manifest cannot be written: {error}") from None


def read() -> Manifest:
    """Read the manifest that RELEASE_MANIFEST names.

    Raises:
        RunbookError: there is none, or it isn't one.

    Example:
        >>> manifest = read()
        >>> manifest.expected == manifest.history[-1]
        True
    """
    name = os.environ.get(VARIABLE, "")
    hint = f"look at {VARIABLE}: the file that says which release should run"
    if not name:
        raise RunbookError(f"{VARIABLE} is not set", hint)
    try:
        known = json.loads(Path(name).read_text(encoding="utf-8"))
        history = tuple(map(str, known["history"]))
        digests = {str(version): str(digest) for version, digest in known["digests"].items()}
    except OSError as error:
        raise RunbookError(f"the release manifest cannot be read: {error}", hint) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RunbookError(f"{name} is no release manifest", hint) from None
    if not history or history[-1] not in digests:
        raise RunbookError(f"{name} does not say which release should run", hint)
    return Manifest(Path(name), digests, history)
