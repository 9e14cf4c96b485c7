"""Secrets are left out of all that is written and shown, in every form we name, wherever a chunk ends."""

from __future__ import annotations

import base64
import html
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from outage.report.case import load_case
from outage.report.page import page
from outage.run import outputs
from outage.run.outputs import CellOutputs
from outage.run.scrub import MARK, Scrubber
from tests.runbook.build import Handbook, code, touching
from tests.runbook.test_cli import outage

SECRET = 'p&ss "wörd"/+\\50%'
PLAIN = [
    SECRET,
    quote(SECRET),
    quote(SECRET, safe=""),
    quote_plus(SECRET),
    quote(SECRET).lower(),
    json.dumps(SECRET)[1:-1],
    json.dumps(SECRET, ensure_ascii=False)[1:-1],
    repr(SECRET)[1:-1],
    html.escape(SECRET),
    SECRET.encode().hex(),
    repr(SECRET.encode())[2:-1],
    json.dumps(json.dumps(SECRET)[1:-1])[1:-1],
]


@pytest.mark.parametrize("form", PLAIN)
def test_each_form_of_a_secret_is_left_out(form: str) -> None:
    assert Scrubber([SECRET]).text(f"a {form} b") == f"a {MARK} b"


@pytest.mark.parametrize("before", ["", "x", "xy", "user:", "user:x", "user:xy"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_left_out_at_every_alignment(before: str, encode: Any) -> None:
    text = encode(f"{before}{SECRET}@host".encode()).decode()
    shown = Scrubber([SECRET]).text(text)
    assert MARK in shown
    left = shown.replace(MARK, "")
    assert len(text) - len(left) >= len(SECRET.encode()) * 8 // 6 - 1, (
        "all but the characters shared with others"
    )


def test_each_long_line_of_a_secret_of_several_lines_is_left_out() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----"
    indented = "\n".join(f"  | {line}" for line in key.splitlines())
    assert "kqhkiG9w0" not in Scrubber([key]).text(indented)


def streamed(secret: str, *pieces: str) -> str:
    """What is kept of a stream that comes in these pieces."""
    kept: list[str] = []
    cell = CellOutputs(lambda output, _: kept.append(output["text"]), Scrubber([secret]))
    for piece in pieces:
        cell.stream("stdout", piece)
        cell.flush()
    cell.finish()
    return "".join(kept)


@pytest.mark.parametrize("form", PLAIN[:1] + PLAIN[5:6])
def test_a_secret_split_across_chunks_is_left_out_at_every_cut(form: str) -> None:
    text = f"begin {form}{form} end {form[:-1]}\n"
    for cut in range(len(text)):
        assert streamed(SECRET, text[:cut], text[cut:]) == f"begin {MARK}{MARK} end {form[:-1]}\n", cut


def test_what_cannot_become_a_secret_does_not_wait() -> None:
    assert Scrubber(["hunter22"]).split("no secret here") == ("no secret here", "")
    assert Scrubber(["hunter22"]).split("it is hunt") == ("it is ", "hunt")
    assert Scrubber([]).split("it is hunt") == ("it is hunt", "")


def test_no_cut_of_a_long_output_hides_half_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "HEAD_CHARS", 50)
    monkeypatch.setattr(outputs, "TAIL_CHARS", 40)
    secret = "abcdefgh01234567"
    for shift in range(60):
        text = streamed(secret, "." * shift, *([secret] * 30), "." * shift)
        assert not set(text) - set(f".{MARK}"), (shift, text)


def test_references_images_and_our_own_words_stay() -> None:
    data = {"state": "passed", "value": "passed", "of": "secret://env/passed", "image/png": "passed", "n": 1}
    assert Scrubber(["passed"]).data(data) == {**data, "value": MARK}


# ---- a whole run: planted, and looked for in every file and on the terminal

READ = """\
import base64, json, sys
from urllib.parse import quote
secret = key.get_secret_value()
print("plain", secret); print("url", quote(secret, safe=""))
for before in ("", "u", "us"):
    print(base64.b64encode((before + secret).encode()).decode())
print(json.dumps({"k": secret}))
sys.stdout.write("half " + secret[:9]); sys.stdout.flush()
import time; time.sleep(0.5)
sys.stdout.write(secret[9:] + "\\n"); sys.stdout.flush()
own = kit_secret("secret://env/OWN_KEY"); print("own", own)
display({"text/plain": secret, "text/markdown": secret}, raw=True)
print(secret, file=sys.stderr)
secret"""


def planted(handbook: Handbook, *cells: Any) -> None:
    first = "from pydantic import SecretStr\nkey: SecretStr  # to the shop"
    setup = "from outage.runbook.kit import save, secret as kit_secret\nfrom IPython.display import display"
    handbook.write("keys", [code("parameters", first), code("setup", setup), *cells])


def found(handbook: Handbook, said: str, *secrets: str) -> list[str]:
    """Where any form of a secret stands: a file of the run folder, or what was said."""
    texts = {"terminal": said}
    for path in (handbook.root / "runs").rglob("*"):
        if path.is_file():
            texts[path.name] = path.read_bytes().decode("utf-8", "replace")
    forms = [
        form
        for secret in secrets
        for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], secret[:12], secret[-12:])
    ]
    forms += [
        base64.b64encode(f"{before}{secret}".encode()).decode()[4:16]
        for secret in secrets
        for before in ("", "u", "us")
    ]
    return [f"{form} in {name}" for name, text in texts.items() for form in forms if form in text]


KEY, OWN, CALLED = 'tea"pot/ÄÖ&kettle-9137', "own-key-of-a-cell-551", "what-the-environment-has"


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_planted_secret_is_in_no_file_and_on_no_terminal(
    handbook: Handbook, options: tuple[str, ...]
) -> None:
    failing = "import os\nraise ValueError(f'no entry with {secret} or {os.environ[\"PGPASSWORD\"]}')"
    planted(handbook, code("read", READ), code("read", failing))
    given = {"SHOP_KEY": KEY, "OWN_KEY": OWN, "PGPASSWORD": CALLED}
    done = outage("run", "keys", "-p", "key=secret://env/SHOP_KEY", *options, **given)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert f"plain {MARK}" in said
    assert f"half {MARK}" in (handbook.runs()[0] / "notebook.ipynb").read_text()
    assert "secret://env/SHOP_KEY" in (handbook.runs()[0] / "journal.jsonl").read_text()
    assert found(handbook, said, KEY, OWN, CALLED) == []


def test_a_secret_in_a_file_is_read_and_left_out(handbook: Handbook, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    planted(handbook, code("read", "print('got', len(key.get_secret_value()), key.get_secret_value())"))
    done = outage("run", "keys", "-p", f"key=secret://file{tmp_path}/key")
    assert f"got {len(KEY)} {MARK}" in done.stdout
    assert found(handbook, done.stdout + done.stderr, KEY) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "'key': the variable SHOP_KEY holds nothing here"),
        ("abc", "'key': this secret is too short to be recognised"),
    ],
)
def test_a_secret_that_is_missing_or_too_short_is_refused(
    handbook: Handbook, value: str, message: str
) -> None:
    planted(handbook, code("read", "1"))
    done = outage("run", "keys", "-p", "key=secret://env/SHOP_KEY", SHOP_KEY=value)
    assert (done.returncode, handbook.runs()) == (2, [])
    assert message in done.stderr
    assert "hint:" in done.stderr


def test_what_is_kept_for_later_may_not_hold_a_secret(handbook: Handbook) -> None:
    planted(handbook, code("read", "save('x', {'k': [key.get_secret_value()]})"))
    done = outage("run", "keys", "-p", "key=secret://env/SHOP_KEY", SHOP_KEY=KEY)
    assert done.returncode == 1
    assert (
        "save('x') holds a secret, and it is written down\n      hint: keep the secret's reference"
        in done.stdout
    )
    assert found(handbook, done.stdout, KEY) == []


def test_a_saved_value_is_told_by_name_and_size(handbook: Handbook) -> None:
    handbook.write("touch", [*touching()[:3], code("read", "save('rows', ['Ada Lovelace'] * 9)")])
    done = outage("run", "touch", "-p", "path=x")
    assert "    saved rows (144 bytes)\n" in done.stdout
    assert "Lovelace" not in done.stdout


def test_a_planted_secret_is_on_no_incident_page(handbook: Handbook) -> None:
    planted(handbook, code("read", READ), code("read", "raise ValueError(secret)"))
    environ = {"SHOP_KEY": KEY, "OWN_KEY": OWN}
    assert outage("declare", "Keys", "--severity", "sev1").returncode == 0
    outage("run", "keys", "-p", "key=secret://env/SHOP_KEY", **environ)
    (folder,) = (handbook.root / "incidents").glob("[0-9]*")
    shown = page(load_case(folder, datetime.now(UTC)))
    assert f"plain {MARK}" in shown
    everything = "".join(path.read_text("utf-8", "replace") for path in folder.rglob("*") if path.is_file())
    assert found(handbook, shown + everything, KEY, OWN) == []
