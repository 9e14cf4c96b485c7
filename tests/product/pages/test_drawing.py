"""Drawings that stand beside a page: taken over whole, or refused with the line that is to blame."""

from __future__ import annotations

from pathlib import Path

import pytest

from outage.errors import Problems
from outage.pages.svg import read_svg

GOOD = """<?xml version="1.0"?>
<!-- drawn by hand -->
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100" role="img" aria-labelledby="t d">
<title id="t">Eight servers</title>
<desc id="d">Seven are right &amp; one is not.</desc>
<defs><marker id="tip" markerWidth="4"><path d="M0 0l4 2-4 2z" fill="currentColor"/></marker></defs>
<path d="M0 0H9" stroke="var(--outage-calm)" marker-end="url(#tip)"/>
<text x="5" y="9" style="fill: var(--pst-color-text-muted)">1 &lt; 8</text>
</svg>
"""


@pytest.fixture
def svg(tmp_path):
    def read(text, prefix="p"):
        (tmp_path / "a.svg").write_text(text, encoding="utf-8")
        return read_svg(tmp_path / "a.svg", Path("a.svg"), prefix)

    return read


def refusals(svg, text):
    with pytest.raises(Problems) as refused:
        svg(text)
    assert all(problem.hint for problem in refused.value.problems)
    return [f"{problem.line}: {problem.message}" for problem in refused.value.problems]


def test_a_good_drawing_is_a_named_picture(svg):
    found = svg(GOOD)
    assert (found.title, found.desc) == ("Eight servers", "Seven are right & one is not.")
    assert 'role="img" aria-labelledby="p-title p-desc"' in found.markup
    assert '<title id="p-title">Eight servers</title>' in found.markup
    assert '<desc id="p-desc">Seven are right &amp; one is not.</desc>' in found.markup
    assert "1 &lt; 8</text>" in found.markup
    assert "drawn by hand" not in found.markup


def test_ids_are_the_drawing_s_own(svg):
    assert 'id="one-tip"' in svg(GOOD, "one").markup
    assert 'marker-end="url(#two-tip)"' in svg(GOOD, "two").markup


def test_it_is_as_wide_as_it_was_drawn_and_no_wider(svg):
    assert 'style="max-width: 300px"' in svg(GOOD).markup


@pytest.mark.parametrize(
    ("element", "said"),
    [
        ("<script>alert(1)</script>", "<script> is not taken into a page"),
        ("<style>@import 'x'</style>", "<style> is not taken into a page"),
        ("<foreignObject/>", "<foreignObject> is not taken into a page"),
        ("<a href='#t'/>", "<a> is not taken into a page"),
        ("<image/>", "<image> is not taken into a page"),
        ("<animate/>", "<animate> is not taken into a page"),
        ("<g onclick='x()'/>", "the attribute onclick is not taken into a page"),
        ("<use href='https://example.org/x#a'/>", 'href="https://example.org/x#a" reaches out of the file'),
        ("<use href='other.svg#a'/>", 'href="other.svg#a" reaches out of the file'),
        ("<path fill='url(x.svg#a)'/>", 'fill="url(x.svg#a)" reaches out of the file'),
        ("<path style='mask: url(//x)'/>", 'style="mask: url(//x)" reaches out of the file'),
        ("<path style='fill: u\\72l(x)'/>", 'style="fill: u\\72l(x)" reaches out of the file'),
        ("<path fill='#333'/>", 'fill="#333" is unreadable in one of the two themes'),
        ("<path style='stroke: black'/>", 'stroke="black" is unreadable in one of the two themes'),
        ("<use href='#nowhere'/>", "no element has the id 'nowhere'"),
        ("<g xlink:href='#t'/>", "the attribute xlink:href is not taken into a page"),
    ],
)
def test_what_a_page_must_not_take_over_is_refused_with_its_line(svg, element, said):
    assert refusals(svg, GOOD.replace("<path d=", f"{element}<path d=", 2).replace(element, "", 1)) == [
        f"7: {said}"
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("</svg>", "", "10: this is not XML: no element found"),
        ("Seven are right &amp; one is not.", " ", "None: the drawing has no <desc>"),
        ('<title id="t">Eight servers</title>', "", "None: the drawing has no <title>"),
        (' viewBox="0 0 300 100"', "", "3: the drawing has no viewBox"),
        ('viewBox="0 0 300 100"', 'viewBox="0 0 1;position:fixed 2"', "3: the drawing has no viewBox"),
        ("<svg ", "<!DOCTYPE svg [<!ENTITY a 'aa'>]><svg ", "3: a <!DOCTYPE> is not taken over"),
    ],
)
def test_what_is_no_drawing_for_everybody_is_refused(svg, old, new, said):
    assert refusals(svg, GOOD.replace(old, new)) == [said]


def test_every_problem_is_told_at_once(svg):
    assert (
        len(refusals(svg, GOOD.replace("<path", "<script/><path").replace("</title>", "</title><p/>"))) == 3
    )


def test_a_drawing_that_is_too_large_is_refused(svg):
    assert "bytes" in refusals(svg, GOOD + " " * 200_000)[0]


# ---------------------------------------------------------------- on a page


@pytest.fixture
def drawn(site):
    site.write("a.svg", GOOD)
    site.pages(
        a="```{drawing} a.svg\nThe *eighth* kept the old code.\n```\n\n```{drawing} a.svg\n```", b="None."
    )
    return site


def test_the_page_shows_it_with_its_caption_and_twice_without_a_double_id(drawn):
    assert drawn.build().warnings == ""
    page = drawn.page("a")
    first, second = page.find_all("figure")
    assert first.svg["role"] == "img"
    assert first.figcaption.get_text().strip().startswith("The eighth kept the old code.")
    assert second.figcaption is None
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_a_reader_without_pictures_gets_the_words(drawn):
    drawn.build(builder="text")
    text = (drawn.root / "_build/text/a.txt").read_text(encoding="utf-8")
    assert "Eight servers: Seven are right & one is not." in " ".join(text.split())


def test_an_edited_drawing_rebuilds_its_page(drawn):
    drawn.build()
    drawn.write("a.svg", GOOD.replace("Eight", "Nine"))
    assert drawn.build().read == {"a"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("b.svg", "a.md:3: WARNING: there is no such drawing"),
        (
            "../x.svg",
            "a.md:3: WARNING: ../x.svg is no name of a drawing; name a .svg file of the page's own folder",
        ),
        ("a.png", "a.md:3: WARNING: a.png is no name of a drawing"),
    ],
)
def test_a_drawing_that_is_not_there_is_warned_about_at_the_page(drawn, name, said):
    drawn.pages(a=f"```{{drawing}} {name}\n```")
    assert drawn.build().warnings.startswith(said)


def test_a_drawing_that_is_refused_is_warned_about_at_its_own_line(drawn):
    drawn.write("a.svg", GOOD.replace("currentColor", "red"))
    said = drawn.build().warnings
    assert said.startswith(
        'a.svg:6: WARNING: fill="red" is unreadable in one of the two themes; write currentC'
    )
