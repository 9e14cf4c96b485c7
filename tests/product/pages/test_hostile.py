"""Whatever stands in a policy is shown as text: no markup, no role, no script comes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outage.render import VIEWS
from outage.text import one_line
from tests.product.pages.hostile import HOSTILE

THEME = Path(__file__).parents[3] / "_ext/outage/pages/theme"
QUOTES = "{severity}`high` {role}`scribe` {channel}`company` {audience}`customers` {contact}`ana`"


def hostile_policy(text: str) -> str:
    """The text in every place of a policy that takes free text."""
    said = json.dumps(text)
    return f"""
company: {{name: {said}, timezone: UTC, summary: {said}}}
divisions: {{north: {{name: {said}, large_scale: {{odd: {said}}}}}}}
severities:
  high: {{name: {said}, meaning: {said}}}
  low: {{name: {said}, meaning: {said}}}
incident: {{criteria: {{odd: {said}}}}}
large_scale: {{company: {{odd: {said}}}, division: {{odd: {said}}}}}
classification: {{questions: {{odd: {{ask: {said}, answers: {{
  no: {{text: {said}, severity: low}}, yes: {{text: {said}, severity: high}}}}}}}}}}
roles: {{scribe: {{name: {said}, short: {said}}}, deputy: {{merged_into: scribe, name: {said}}}}}
audiences: {{customers: {{name: {said}}}, executives: {{name: {said}}}}}
channels: {{company: {{name: {said.replace("{", "(").replace("}", ")")}}}}}
state_document: {{where: {said}}}
contacts: {{ana: {{name: {said}, duty: {said}, chat: {said}}}}}
escalations: {{odd: {{when: open, after: 1h, call: [ana], do: {said}}}}}
notification_duties: {{odd: {{when: {said}, tell: {said}, within: 1h, owner: ana, basis: {said}}}}}
resources: {{odd: {said}}}
"""


@pytest.fixture(params=HOSTILE, ids=lambda text: text[:12])
def hostile(request, site):
    site.write("handbook.yml", hostile_policy(request.param))
    views = "\n\n".join(f"## View {view}\n\n```{{{view}}}\n```" for view in VIEWS if view != "policy-values")
    site.pages(a=f"{QUOTES}\n\n```{{classify-form}}\n```\n\n{views}")
    site.text = request.param
    return site


def test_hostile_values_are_shown_as_text(hostile):
    assert hostile.build().warnings == ""
    for name in ("a", "process/policy"):
        page = hostile.page(name)
        words = " ".join(page.body.get_text().split())
        assert " ".join(one_line(hostile.text).split()) in words
        assert not any("alert" in script.get_text() for script in scripts(page))
        assert page.body.find_all(["img", "b", "iframe", "math"]) == []
        assert not [link for link in page.find_all("a") if link.get("href", "").startswith("javascript")]
        assert not any(name.startswith("on") for tag in page.find_all() for name in tag.attrs)
    assert hostile.table("a")["questions"][0] == ["odd", ["no", "yes", "unknown"]]


def scripts(page):
    """Scripts that would run; the form's table is data."""
    return [script for script in page.find_all("script") if script.get("type") != "application/json"]


def test_a_link_with_marks_of_markdown_in_it_is_still_one_link(site):
    link = "https://example.org/a|b`c`(d)*e*\\\\f?x=1&y=[2]#g"
    site.write(
        "handbook.yml",
        f'company: x\nseverities: {{a: x}}\nchannels: {{bridge: {{name: B, link: "{link}"}}}}\n',
    )
    site.pages(a="```{channel-map}\n```")
    assert site.build().warnings == ""
    (found,) = site.page("a").find_all("a", class_="external")
    assert found["href"] == "https://example.org/a%7Cb%60c%60(d)*e*%5Cf?x=1&y=%5B2%5D#g"


def test_a_companys_name_is_text_wherever_the_theme_shows_it(site):
    name = "Land & </title><script>alert(1)</script><img src=x onerror=alert(1)>"
    site.write("handbook.yml", hostile_policy(name))
    theme = {"html_theme": "sphinx_book_theme", "html_theme_options": {"logo": {}}}
    home = {"templates_path": [str(THEME)], "html_sidebars": {"**": ["outage-home.html"]}}
    assert site.build(**theme, **home).warnings == ""
    for page in ("index", "search"):
        built = site.page(page)
        assert [script for script in built.find_all("script") if script.string == "alert(1)"] == []
        assert built.find_all("img", src="x") == []
        assert name in built.find("title").get_text()
    assert f"{name} outage handbook" in built.find(class_="logo__title").get_text()
    assert built.find("nav", attrs={"aria-label": f"{name} outage handbook"})
