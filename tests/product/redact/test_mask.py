"""Personal data are masked on pages, and in the journal when policy says so."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from outage.errors import Problems, Refused
from outage.patterns import UnsafeRegexError, compile_safe_regex
from outage.policy.load import parse_policy
from outage.policy.tooling import Masks
from outage.redact.mask import Masker, make_masker, mask_outputs
from tests.product.cli.processes import outage
from tests.product.run.build import POLICY, Handbook, reading

DEFAULT = parse_policy(POLICY).masks


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("from Ann.Lee+x@mail.example.org, late", "from [e-mail], late"),
        ("select * from users where name = 'Ada' and town in ('Bath', 'Ely')",
         "select * from users where name = '…' and town in ('…', '…')"),
        ("UPDATE a SET b = 'it''s'", "UPDATE a SET b = '…''…'"),
        ("it can't say where it isn't", "it can't say where it isn't"),
        ("{'a': 'b'} stays", "{'a': 'b'} stays"),
        ("select 'a'\nprint('b')", "select '…'\nprint('b')"),
    ],
)  # fmt: skip
def test_what_the_default_policy_masks(text: str, shown: str) -> None:
    assert Masker(DEFAULT).text(text) == shown


def test_a_company_adds_patterns_drops_ours_and_keeps_names_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "names").write_text("Ada Lovelace\nO'Brien & Sons\n\n")
    names = f"secret://file{tmp_path}/names"
    masks = parse_policy(
        f"{POLICY}masks: {{patterns: {{e-mail: none, customer: 'K-\\d{{6}}'}}, "
        f"names: '{names}', sql_literals: false}}\n"
    ).masks
    text = "k-123456 a@b.example: ADA LOVELACE, O'Brien & Sons, adam; select 'x'"
    assert make_masker(masks).text(text) == "[customer] a@b.example: [name], [name], adam; select 'x'"
    (tmp_path / "names").unlink()
    with pytest.raises(Refused, match="the names to mask cannot be read"):
        make_masker(masks)


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ("{patterns: {a: '(a|b)*'}}", "this pattern fits an empty text"),
        ("{patterns: {a: '(?<=x)a'}}", "this is no pattern that RE2 knows"),
        ("{patterns: {a: '((a{1,900}){1,900})b'}}", "this is no pattern that RE2 knows"),
        ("{names: [Ada]}", "masks.names"),
        ("{names: Ada}", "the names must stand elsewhere: give a reference"),
    ],
)
def test_a_wrong_mask_is_refused_with_its_place(masks: str, message: str) -> None:
    with pytest.raises(Problems) as caught:
        parse_policy(f"{POLICY}masks: {masks}\n")
    assert message in str(caught.value)
    assert "handbook.yml:" in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"(a+)+b", "a" * 50_000), ("(a|a)" * 24 + "b", "a" * 50_000),
     (r"\w+\w+\w+!", "a" * 50_000), (r"([a-z]+\.)+x", "ab." * 15_000)],
)  # fmt: skip
def test_patterns_that_hang_elsewhere_end_here(pattern: str, text: str) -> None:
    began = time.process_time()
    compile_safe_regex(pattern).sub("", text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("pattern", ["a*", "(", r"(a)\1", "(?=a)b", "(a*)*", "a{5000}", "x" * 501])
def test_a_pattern_that_has_no_bounded_meaning_is_refused(pattern: str) -> None:
    with pytest.raises(UnsafeRegexError):
        compile_safe_regex(pattern)


def test_stored_outputs_of_any_shape_are_masked() -> None:
    outputs: list[object] = [
        {"text": ["a@b.", "example\n"]}, {"data": {"text/plain": "a@b.example", "image/png": "x"}},
        {"traceback": ["a@b.example", "1"], "evalue": "a@b.example"}, 3, {"text": 4, "data": None},
    ]  # fmt: skip
    mask_outputs(outputs, Masker(DEFAULT))
    assert outputs[:3] == [
        {"text": "[e-mail]\n"}, {"data": {"text/plain": "[e-mail]", "image/png": "x"}},
        {"traceback": ["[e-mail]", "1"], "evalue": "[e-mail]"},
    ]  # fmt: skip
    mask_outputs("nothing", Masker(Masks()))


PRINTS = """\
import sys, time
sys.stdout.write("mail ann"); sys.stdout.flush(); time.sleep(0.5)
print("@example.org")
print("select 1 where name = 'Ada'")
raise ValueError("no such person: bob@example.org")"""


@pytest.mark.parametrize("journal", [True, False])
def test_the_journal_is_masked_when_policy_says_so(handbook: Handbook, journal: bool) -> None:
    (handbook.root / "handbook.yml").write_text(f"{POLICY}masks: {{journal: {str(journal).lower()}}}\n")
    handbook.write("book", reading(PRINTS.replace("ann", "carl")))
    done = outage("run", "book")
    written = "".join(path.read_text() for path in handbook.runs()[0].iterdir()) + done.stdout
    assert ("no such person: [e-mail]" in written) is journal
    if journal:
        assert "mail [e-mail]" in done.stdout
        assert "where name = '…'" in done.stdout
        assert "carl@" not in written
