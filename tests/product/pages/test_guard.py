"""No page holds raw HTML, a link that runs code or a picture of another host, whoever wrote it; and what
the browser is told to refuse stands before everything else."""

from __future__ import annotations

import pytest

from tests.product.pages.playbooks import PAGE, PLAYBOOK

PIXEL = "data:image/png;base64,iVBORw0KGgo="
REFUSED = {
    "inline": 'Do <img src=x onerror="alert(1)"> it',
    "block": "<div onclick='alert(1)'>\nx\n</div>",
    "script": "<script>alert(1)</script>",
    "directive": "```{raw} html\n<script>alert(1)</script>\n```",
    "another engine": "```{eval-rst}\n.. raw:: html\n\n   <script>alert(1)</script>\n```",
    "link of another engine": "```{eval-rst}\n`x <javascript:alert(1)>`_\n```",
    "link of a picture": "```{image} a.png\n:target: javascript:alert(1)\n```",
    "link of a card": "```{card} A\n:link: javascript:alert(1)\n```",
    "picture": "![p](https://example.org/x.png)",
    "drawing in a picture": "```{image} data:image/svg+xml;base64,PHN2Zy8+\n```",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_could_run_or_reach_out_is_text_and_a_warning_says_where(text, site):
    (site.root / "a.png").write_bytes(b"")
    site.write("a.md", f"# A\n\n{text}\n")
    warned = site.build().warnings
    body = site.page("a").find(class_="body")
    assert body.find_all(["script", "div"], onclick=True) + body.find_all("script") == []
    assert [tag for tag in body.find_all() if any(name.startswith("on") for name in tag.attrs)] == []
    assert [link for link in body.find_all("a") if "script:" in link.get("href", "")] == []
    assert [image for image in body.find_all("img") if not image["src"].startswith("_images/")] == []
    assert "a.md" in warned, "nobody is told"


def test_what_pages_need_passes(site):
    (site.root / "a.png").write_bytes(b"")
    kept = f"a\\\nb <https://example.org> [call](tel:+1) ![own](a.png) ![out]({PIXEL}) <!-- a remark -->"
    site.pages(a=kept)
    assert site.build().warnings == ""
    body = site.page("a").find(class_="body")
    assert [link["href"] for link in body.select("p a")] == ["https://example.org", "tel:+1"]
    assert [image["src"] for image in body.find_all("img")] == ["_images/a.png", PIXEL]
    assert body.br is not None
    assert "remark" not in str(body)


def test_a_playbook_s_tags_are_shown_as_they_were_typed(site):
    text = "Ask <name> <img src=x onerror=alert(1)> <!-- x -->"
    fields = ('"Look in {told}`responders`"', "It is known.", "They know", "A page")
    playbook = PLAYBOOK
    for field in fields:
        assert field in playbook
        playbook = playbook.replace(field, f"'{text}'")
    site.write("playbooks/small.yml", playbook)
    site.write("playbooks/small.md", PAGE)
    site.pages(a="x")
    assert site.build().warnings == ""
    body = site.page("playbooks/small").find(class_="body")
    assert body.find_all("img") == []
    assert body.get_text().count(text) == len(fields) - 1
    assert text.replace("<", "‹").replace(">", "›") in body.get_text()  # the words of a link


@pytest.mark.parametrize("theme", ["sphinx_book_theme", "alabaster", "basic"])
def test_every_page_begins_with_the_browser_s_own_rule(theme, site):
    site.pages(a="x")
    site.build(html_theme=theme)
    paths = list((site.root / "_build/html").glob("*.html"))
    assert paths
    for path in paths:
        page = site.page(path.stem)
        rule = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
        assert rule is not None, path.name
        assert rule.find_previous(["script", "link", "style"]) is None
        script = next(part for part in rule["content"].split("; ") if part.startswith("script-src"))
        assert "unsafe" not in script
        assert "//" not in rule["content"]
        assert len(page.find_all("script", src=False)) <= script.count("sha256-")


def test_a_script_that_no_browser_would_run_is_named(site):
    site.pages(a="x")
    warned = site.build(html_js_files=[("", {"body": "count_readers()"})]).warnings
    assert "count_readers()" in warned
    assert "html_js_files" in warned
    assert "count_readers" not in site.html("a")
