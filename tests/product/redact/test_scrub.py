"""Secrets are left out of all that is written and shown, in every form we name, wherever a chunk ends."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import re
import shlex
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import markupsafe
import psycopg.sql
import pytest
from urllib3.util import parse_url

from outage.redact.known import learn, make_run_scrubber
from outage.redact.scrub import MARK, Scrubber
from outage.render.incident.page import write_page
from outage.render.incident.snapshot import load_snapshot
from outage.run import outputs
from outage.run.outputs import CellOutputs
from tests.product.cli.processes import outage
from tests.product.run.build import Handbook, code, touching


def rows(name: str) -> list[list[str]]:
    """The rows of a table on the page of promises."""
    with (Path(__file__).parents[3] / "runbooks" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


FORMS, NAMES = rows("secret-forms"), rows("secret-names")
SECRET = FORMS[0][2].strip("`")
BY_PYTHON: dict[str, Callable[[str], str]] = {
    "`print(s)`": str,
    "`urllib.parse.quote(s)`": quote,
    '`urllib.parse.quote(s, safe="")`': lambda s: quote(s, safe=""),
    "`urllib.parse.quote_plus(s)`": quote_plus,
    "`urllib3.util.parse_url(...)`": lambda s: str(parse_url(f"https://u:{quote(s, safe=RFC_3986)}@h").auth)[
        2:
    ],
    '`quote(quote(s, safe=""), safe="")`': lambda s: quote(quote(s, safe=""), safe=""),
    "`html.escape(s)`": html.escape,
    "`html.escape(s, quote=False)`": lambda s: html.escape(s, quote=False),
    "`markupsafe.escape(s)`": lambda s: str(markupsafe.escape(s)),
    '`html.escape(s).encode("ascii", "xmlcharrefreplace")`': lambda s: (
        html.escape(s).encode("ascii", "xmlcharrefreplace").decode()
    ),
    "`html.escape(html.escape(s))`": lambda s: html.escape(html.escape(s)),
    "`json.dumps(s)`": lambda s: json.dumps(s)[1:-1],
    "`json.dumps(s, ensure_ascii=False)`": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "`json.dumps(json.dumps(s))`": lambda s: json.dumps(json.dumps(s)[1:-1])[1:-1],
    "`repr(s)`": lambda s: repr(s)[1:-1],
    "`repr(s.encode())`": lambda s: repr(s.encode())[2:-1],
    "`psycopg.sql.Literal(s)`": lambda s: psycopg.sql.Literal(s).as_string(None).removeprefix(" E")[1:-1],
    "`csv.writer`": lambda s: written_as_csv(s),
    "`shlex.quote(s)`": lambda s: shlex.quote(s)[1:-1],
    '`base64.b64encode(b"u:" + s)`': lambda s: base64.b64encode(f"u:{s}".encode()).decode(),
    '`base64.urlsafe_b64encode(b"u:" + s)`': lambda s: base64.urlsafe_b64encode(f"u:{s}".encode()).decode(),
    "`s.encode().hex()`": lambda s: s.encode().hex(),
    "`quote(json.dumps(s))`": lambda s: quote(json.dumps(s)[1:-1]),
    "`s[::-1]`": lambda s: s[::-1],
    '`" ".join(s)`': " ".join,
    "`s[:8]`": lambda s: s[:8],
    "`s.upper()`": str.upper,
    "`base64.b32encode(s)`": lambda s: base64.b32encode(s.encode()).decode(),
    "`zlib.compress(s).hex()`": lambda s: zlib.compress(s.encode()).hex(),
}
RFC_3986 = "!$&'()*+,;=~"


def written_as_csv(text: str) -> str:
    file = io.StringIO()
    csv.writer(file).writerow([text])
    return file.getvalue().strip()[1:-1]


@pytest.mark.parametrize(("form", "by", "shown", "left_out"), FORMS, ids=[row[0] for row in FORMS])
def test_each_row_of_the_table_of_forms_is_true(form: str, by: str, shown: str, left_out: str) -> None:
    text = shown.strip("`")
    if by in BY_PYTHON:
        assert BY_PYTHON[by](SECRET) == text
    scrubbed = Scrubber([SECRET]).text(f"a {text.replace(chr(92) + 'e[', chr(27) + '[')} b")
    shared = r"[\w=]{0,4}" if "Base64" in form else ""  # characters that encode a part of the neighbour
    around = re.sub(r"\x1b\[\d+m", "", scrubbed)
    assert bool(re.fullmatch(rf"a {shared}\[secret\]{shared} b", around)) == (left_out == "yes"), scrubbed
    if left_out == "no":
        assert text in scrubbed


def test_each_form_that_python_makes_is_a_row_of_the_table() -> None:
    assert set(BY_PYTHON) <= {by for _, by, _, _ in FORMS}


@pytest.mark.parametrize(("variable", "example", "left_out"), NAMES, ids=[row[0] for row in NAMES])
def test_each_row_of_the_table_of_variables_is_true(variable: str, example: str, left_out: str) -> None:
    name, value = variable.split()[0].strip(","), example.strip("`")
    scrubber = make_run_scrubber((), {}, environ={"X_LINE" if name == "any" else name: value})
    gone = {"all of it": value, "nothing": ""}.get(left_out, left_out.strip("`"))
    assert scrubber.text(f"a {value} b") == (f"a {value.replace(gone, MARK)} b" if gone else f"a {value} b")
    assert not gone or scrubber.text(f"a {gone} b") == f"a {MARK} b"


def test_passwords_in_the_password_file_of_postgresql_are_known(tmp_path: Path) -> None:
    (tmp_path / "pgpass").write_text("# host:port:database:user:password\n*:*:*:ada:hunter2-hunter2\n")
    scrubber = make_run_scrubber((), {}, environ={"PGPASSFILE": str(tmp_path / "pgpass")})
    assert scrubber.text("with hunter2-hunter2") == f"with {MARK}"


def test_of_a_web_address_the_part_after_the_host_is_a_secret_too() -> None:
    scrubber = Scrubber()
    learn(scrubber, "https://chat.example/hooks/T01/B02?key=4f1c")
    said = "Max retries exceeded with url: /hooks/T01/B02?key=4f1c (chat.example is away)"
    assert scrubber.text(said) == f"Max retries exceeded with url: {MARK} (chat.example is away)"


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


def test_secrets_that_overlap_leave_nothing_of_either() -> None:
    assert Scrubber(["abcdefgh", "efghijkl"]).text("-abcdefghijkl-") == f"-{MARK}-"


def test_our_own_mark_is_no_secret() -> None:
    assert Scrubber(["secret"]).text(f"the secret is {MARK}") == f"the secret is {MARK}"


def test_colours_around_and_inside_a_secret_stay() -> None:
    red, off = "\x1b[01;31m\x1b[K", "\x1b[m\x1b[K"
    text = f"{red}tea{off}pot-{red}kettle{off}!"
    assert Scrubber(["teapot-kettle"]).text(text) == f"{red}{MARK}{off}{red}{off}!"


@pytest.mark.parametrize("secret", ["'" * 16 + "x", "\\'" * 16 + "x", "&amp;" * 16 + "x", "%25" * 16 + "x"])
def test_no_text_makes_the_search_slow(secret: str) -> None:
    scrubber, began = Scrubber([secret]), time.process_time()
    for escaped in (secret, json.dumps(secret)[1:-1], quote(secret), html.escape(secret)):
        scrubber.text(escaped.replace("x", "") * 400)
        scrubber.split(escaped.replace("x", "") * 400)
    assert time.process_time() - began < 5


def test_each_long_line_of_a_secret_of_several_lines_is_left_out() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----"
    indented = "\n".join(f"  | {line}" for line in key.splitlines())
    assert "kqhkiG9w0" not in Scrubber([key]).text(indented)


def streamed(secret: str, *pieces: str) -> str:
    """What is kept of a stream that comes in these pieces."""
    kept: list[str] = []
    cell = CellOutputs(lambda output, *_: kept.append(output["text"]), Scrubber([secret]))
    for piece in pieces:
        cell.stream("stdout", piece)
        cell.flush()
    cell.finish()
    return "".join(kept)


COLOURED = f"{SECRET[:5]}\x1b[01;31m{SECRET[5:]}"


@pytest.mark.parametrize("form", [SECRET, json.dumps(SECRET)[1:-1], quote(SECRET)])
def test_a_secret_split_across_chunks_is_left_out_at_every_cut(form: str) -> None:
    text = f"begin {form}{form} end {form[:-1]}\n"
    for cut in range(len(text)):
        assert streamed(SECRET, text[:cut], text[cut:]) == f"begin {MARK}{MARK} end {form[:-1]}\n", cut


def test_a_coloured_secret_split_across_chunks_is_left_out_at_every_cut() -> None:
    text = f"begin {COLOURED} end"
    for cut in range(len(text)):
        assert streamed(SECRET, text[:cut], text[cut:]) == f"begin {MARK}\x1b[01;31m end", cut


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
    output = {"output_type": "passed", "data": {"image/png": "passed", "text/plain": "passed"}}
    data = {"state": "passed", "of": "secret://env/passed", "output": output, "text": "passed", "n": 1}
    shown = {"output_type": "passed", "data": {"image/png": "passed", "text/plain": MARK}}
    assert Scrubber(["passed"]).data(data) == {**data, "output": shown, "text": MARK}


@pytest.mark.parametrize("word", ["id", "state", "kind", "digest", "image/png", "tags", "run"])
def test_what_a_cell_saves_holds_no_words_of_ours(word: str) -> None:
    line = {"cell": 1, "name": "x", "value": {word: KEY, KEY: [{word: KEY}]}}
    assert Scrubber([KEY]).data(line) == {**line, "value": {word: MARK, MARK: [{word: MARK}]}}


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
    setup = "from outage.kit import save, secret as kit_secret\nfrom IPython.display import display"
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


def test_what_policy_and_other_runbooks_refer_to_is_left_out(handbook: Handbook) -> None:
    policy = handbook.root / "handbook.yml"
    channel = "channels:\n  incident: {name: '#inc', address: secret://env/CHAT_ADDRESS}\n"
    policy.write_text(policy.read_text() + channel)
    handbook.write("other", [code("parameters", "# none"), code("read", "# secret://env/OTHER_ADDRESS")])
    handbook.write(
        "look",
        [
            code("parameters", "# none"),
            code("read", "import os\nfor name in sorted(os.environ):\n    print(name, os.environ[name])"),
        ],
    )
    environ = {"CHAT_ADDRESS": "mmost://bot@chat.example/4f1c77d0", "OTHER_ADDRESS": "tcp://9d2e61b3"}
    done = outage("run", "look", **environ)
    assert f"CHAT_ADDRESS {MARK}" in done.stdout
    assert f"OTHER_ADDRESS {MARK}" in done.stdout
    assert found(handbook, done.stdout + done.stderr, *environ.values()) == []


def test_a_reference_of_the_policy_that_leads_nowhere_stops_no_run(handbook: Handbook) -> None:
    policy = handbook.root / "handbook.yml"
    policy.write_text(
        policy.read_text() + "channels:\n  incident: {name: x, address: secret://env/NOWHERE}\n"
    )
    handbook.write("look", [code("parameters", "# none"), code("read", "print(1)")])
    assert outage("run", "look").returncode == 0


def test_a_secret_is_left_out_of_keys_and_names_of_exceptions(handbook: Handbook) -> None:
    cells = [
        code("setup", "import os\nfrom outage.kit import save"),
        code("read", "save('x', {'id': os.environ['DB_PASS'], os.environ['DB_PASS']: 1})"),
        code("read", "raise type(os.environ['DB_PASS'], (Exception,), {})('x')"),
    ]
    handbook.write("keys", [code("parameters", "# none"), *cells])
    done = outage("run", "keys", DB_PASS=KEY)
    assert f"{MARK}: x" in done.stdout
    journal = (handbook.runs()[0] / "journal.jsonl").read_text()
    assert f'"value":{{"id":"{MARK}","{MARK}":1}}' in journal
    assert found(handbook, done.stdout + done.stderr, KEY) == []


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
    shown = write_page(load_snapshot(folder, datetime.now(UTC)))
    assert f"plain {MARK}" in shown
    everything = "".join(path.read_text("utf-8", "replace") for path in folder.rglob("*") if path.is_file())
    assert found(handbook, shown + everything, KEY, OWN) == []
