"""Hostile text stays text: in MyST, in a table, in a block, on a terminal."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from outage.text import block, cell, fit, one_line, plain, replay_terminal, terminal, without_html

HOSTILE = [
    "<script>alert(1)</script>",
    "{policy}`company.name`",
    "```{include} /etc/passwd",
    "[link](javascript:alert(1))",
    "![](http://example.org/x.png)",
    "| a | b |",
    "# heading",
    "1. one",
    "- item",
    "&lt;b&gt; &amp;",
    "\\*not bold\\*",
    "$x$ and $$y$$",
    "%comment",
    "(target)=",
    "+++",
    "---",
    "{{ substitution }}",
]


def shown(markdown: str) -> str:
    """The text a CommonMark reader would see in one paragraph."""
    (paragraph,) = [token for token in MarkdownIt().parse(markdown) if token.type == "inline"]
    assert all(child.type in ("text", "text_special") for child in paragraph.children or [])
    return "".join(child.content for child in paragraph.children or [])


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_shown_as_it_was_typed(text: str) -> None:
    assert shown(plain(text)) == text


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_text_is_one_paragraph_of_plain_text(text: str) -> None:
    if one_line(text):
        assert shown(plain(text)) == one_line(text)


@given(st.text())
def test_nothing_that_steers_a_terminal_gets_through(text: str) -> None:
    for safe in (terminal(text), one_line(text)):
        assert all(ord(char) >= 32 or char in "\n\t" for char in safe)
        assert not set(safe) & set("\x7f\x9b\u202e\u2066\u200b")


def test_control_characters_are_shown_not_dropped() -> None:
    assert terminal("\x1b[2Jgone\x07") == "\\x1b[2Jgone\\x07"
    assert one_line("right\u202eleft") == "right\\u202eleft"


def inline(markdown: str) -> list[str]:
    """The kinds of inline tokens that a CommonMark reader makes of a paragraph."""
    children = (token.children or [] for token in MarkdownIt().parse(markdown))
    return [child.type for paragraph in children for child in paragraph]


@given(st.text(st.sampled_from("<>`\\ab/!?=[]('\"")))
def test_a_paragraph_without_html_holds_no_tag(text: str) -> None:
    assert "html_inline" not in inline(f"x {without_html(text)}")


@pytest.mark.parametrize(
    "text",
    [
        "Type `ls <folder>`, and ``a ` <b>``",
        "{role}`the scribe <scribe>` and [a page](/process/now.md)",
        "Less < more, 1<2, a -> b, <https://example.org/a>, <tel:+351210000001>",
    ],
)
def test_markdown_that_is_not_html_stays_what_it_was(text: str) -> None:
    assert without_html(text) == text


def test_a_tag_is_shown_as_it_was_typed() -> None:
    assert without_html("<b>a</b> \\<i> `<c>` <!-- d -->") == "\\<b>a\\</b> \\<i> `<c>` \\<!-- d -->"


def test_emoji_and_letters_of_all_scripts_stay() -> None:
    text = "Çağrı 👩‍🚒 می‌خواهم"
    assert one_line(text) == text


@pytest.mark.parametrize("body", ["plain", "```\nfence\n```", "````{note}\nx\n````", "<script>"])
def test_a_block_holds_what_it_was_given(body: str) -> None:
    (token,) = MarkdownIt().parse(block(body))
    assert token.type == "fence"
    assert token.content == body + "\n"


def test_an_empty_cell_shows_a_dash() -> None:
    assert cell("  ") == "–"


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("10%\r50%\r100%\ndone", "100%\ndone"),
        ("HTTP/1.1 200 OK\r\nx\r\r\ny", "HTTP/1.1 200 OK\nx\ny"),
        ("long line\rshort", "shortline"),
        ("long line\r\x1b[Kshort", "short"),
        ("long line\x1b[2Kshort", "short"),
        ("a\nb\n\x1b[A\x1b[AA\n\nc", "A\nb\nc"),
        ("spinner |\x08/\x08-", "spinner -"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2Jcleared\x07", "\x1b[2Jcleared\x07"),
        ("\x1b[999A\x08\rx", "x"),
        ("plain\n", "plain\n"),
    ],
)
def test_an_output_is_what_a_terminal_shows_in_the_end(written: str, seen: str) -> None:
    assert replay_terminal(written) == seen


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["\r", "ab\x08", "\x1b[2Ky", "\x1b[9Ay", "x\n\x1b[A", "\x1b[", "9" * 9])
def test_a_long_output_takes_time_in_proportion(piece: str) -> None:
    replay_terminal("\x1b[" + "x" * 100_000 + piece * (200_000 // len(piece)))


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("latin-1", "+ caf\xe9 - a ... \\u65e5"),
        ("ascii", "+ caf\\u00e9 - a ... \\u65e5"),
        ("euc_jp", "+ caf\xe9 - a \u2026 \u65e5"),
        ("utf-8", "\u2713 caf\xe9 \u2013 a \u2026 \u65e5"),
    ],
)
def test_a_stream_shows_what_its_encoding_lacks_by_other_signs(encoding: str, shown: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    fit(stream)
    print("\u2713 caf\xe9 \u2013 a \u2026 \u65e5", end="", file=stream, flush=True)
    assert raw.getvalue().decode(encoding) == shown


def test_json_stays_json_and_a_lone_surrogate_is_a_code() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1")
    fit(stream)
    print(json.dumps({"a": "\U0001f692 \udce9"}, ensure_ascii=False), file=stream, flush=True)
    assert json.loads(raw.getvalue().decode("latin-1")) == {"a": "\U0001f692 \udce9"}


def test_what_comes_in_and_cannot_be_read_is_replaced() -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"caf\xe9\n"), encoding="utf-8")
    fit(stream)
    assert stream.readline() == "caf\N{REPLACEMENT CHARACTER}\n"


def test_no_stream_is_no_trouble() -> None:
    fit(None)
