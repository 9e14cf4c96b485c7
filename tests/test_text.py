"""Hostile text stays text: in MyST, in a table, in a block, on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from outage.text import block, cell, one_line, plain, terminal

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
