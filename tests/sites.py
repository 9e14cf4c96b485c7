"""The whole site, built once for each policy in a run of the tests, and shared by all that look at it."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_COPY = "tests/companies/larkfield.yml"


IS_SAMPLE = (ROOT / "handbook.yml").read_bytes() == (ROOT / _COPY).read_bytes()
"""Whether this handbook is the sample company's still."""
LARKFIELD = "handbook.yml" if IS_SAMPLE else _COPY
"""The sample policy, for tests that know its values: its copy, once a company has made the file its own."""

_EXAMPLES = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("examples/*.yml"))
POLICIES = list(dict.fromkeys(["handbook.yml", LARKFIELD, *_EXAMPLES]))


@dataclass(frozen=True)
class Published:
    """A built site: Sphinx's exit code, what it said on standard error, and the folder of pages."""

    code: int
    said: str
    html: str

    def url(self, page: str) -> str:
        """The address of a page, as a reader without a server opens it."""
        return (Path(self.html) / f"{page}.html").as_uri()


def publish(shared: Path, policy: str) -> Published:
    """The site of a policy; the first worker that asks builds it, and the others wait for it."""
    folder = shared / f"site-{Path(policy).stem}"
    folder.mkdir(exist_ok=True)
    result = folder / "result.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            result.write_text(json.dumps(asdict(_built(folder, policy))))
    return Published(**json.loads(result.read_text()))


def _built(folder: Path, policy: str) -> Published:
    strict = ["--quiet", "--fail-on-warning", "--nitpicky", "--jobs", "auto"]
    command = [
        sys.executable,
        "-m",
        "sphinx",
        *strict,
        "-D",
        f"outage_policy={policy}",
        "-d",
        str(folder / "doctrees"),
        ".",
        str(folder / "html"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return Published(done.returncode, done.stderr, str(folder / "html"))
