"""Directives: views in place, text about optional parts, toctrees of what may not be there, the form."""

from __future__ import annotations

import pytest

from outage.policy import load_policy
from outage.policy.classify import classify, list_outcomes, list_questions
from outage.policy.classify.form import make_form


def test_a_view_is_parsed_in_place_and_its_values_lead_to_their_clauses(site):
    site.pages(a="```{severity-matrix}\n```")
    assert site.build().warnings == ""
    rows = [row.get_text(" ", strip=True) for row in site.page("a").find("tbody").find_all("tr")]
    assert rows[0].startswith("Severity High Meaning All is lost")
    assert site.page("a").find("a", href="process/policy.html#severities.high.commander")


def test_each_cell_carries_the_heading_of_its_column_for_phones(site):
    site.pages(a="| When | What |\n|---|---|\n| now | this |")
    site.build()
    cells = site.page("a").find("tbody").find_all("td")
    assert [cell.get_text() for cell in cells] == ["Whennow", "Whatthis"]
    assert {span["class"][0] for span in site.page("a").select("tbody span")} == {"outage-heading"}


def test_text_without_html_has_no_such_headings(site):
    site.pages(a="| When | What |\n|---|---|\n| now | this |")
    site.build(builder="text")
    assert "Whennow" not in (site.root / "_build/text/a.txt").read_text()


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("divisions", True),
        ("not divisions", False),
        ("audiences.customers", True),
        ("escalations", False),
        ("not escalations", True),
        ("channels.executives", False),
        ("channels.company", True),
        ("severities.highest.commander", True),
        ("nothing.like.this", False),
    ],
)
def test_text_stands_only_when_the_policy_has_its_part(site, condition, shown):
    site.pages(a=f"```{{when}} {condition}\n## A heading\n\nWords about it.\n```")
    assert site.build().warnings == ""
    assert ("Words about it." in site.words("a")) is shown


def test_a_condition_of_other_words_is_refused(site):
    site.pages(a="```{when} no divisions at all\nWords.\n```")
    warnings = site.build().warnings
    assert warnings.startswith("a.md:3: ERROR")
    assert "write {when} ADDRESS, or {when} not ADDRESS" in warnings


def test_pages_that_are_not_there_yet_are_no_warning(site):
    site.write("index.md", "# Home\n\n```{pages} Incidents\nincidents/*/index\nprocess/*\n```\n")
    assert site.build().warnings == ""


def test_a_page_that_comes_later_is_listed(site):
    site.write("index.md", "# Home\n\n```{pages}\nincidents/*/index\nprocess/*\n```\n")
    site.build()
    site.write("incidents/one/index.md", "# One")
    again = site.build()
    assert again.warnings == ""
    assert {"index", "incidents/one/index"} <= again.read


def test_text_about_pages_stands_only_when_they_are_there(site):
    site.pages(a="```{when-pages} runbooks/*\nThere are runbooks.\n```")
    site.build()
    assert "There are runbooks." not in site.words("a")
    site.write("runbooks/one.md", "# One")
    site.build()
    assert "There are runbooks." in site.words("a")


@pytest.fixture
def form(site):
    site.pages(a="```{classify-form}\n```")
    assert site.build().warnings == ""
    return site


def test_the_form_asks_every_question_and_knows_no_answer_beforehand(form):
    policy = load_policy(form.root / "handbook.yml")
    page = form.page("a")
    assert list_questions(policy)
    for ask in list_questions(policy):
        inputs = page.find_all("input", attrs={"name": ask.id})
        assert [one["value"] for one in inputs] == [*(choice.id for choice in ask.choices), "unknown"]
        assert not any(one.has_attr("checked") for one in inputs)


def test_the_table_of_the_page_gives_what_python_gives(form):
    policy, table = load_policy(form.root / "handbook.yml"), form.table("a")
    assert len(table["rows"]) == len(list_outcomes(policy))
    for row, answers in enumerate(list_outcomes(policy)):
        given = {question: answer for (question, _), answer in zip(table["questions"], answers, strict=True)}
        shown = {table["pieces"][piece] for piece in table["outcomes"][table["rows"][row]]}
        found = classify(policy, given)
        assert f"severity:{found.severity}" in shown
        assert {f"channel:{key}" for key in found.channels} <= shown
        doubted = {key.removeprefix("doubt:") for key in shown if key.startswith("doubt:")}
        assert doubted == {question for question, _ in found.doubted}


def test_all_that_an_outcome_shows_is_on_the_page(form):
    page, table = form.page("a"), form.table("a")
    assert {tag["data-piece"] for tag in page.find_all(attrs={"data-piece": True})} == set(table["pieces"])


def test_without_scripts_the_questions_and_the_rule_stand_as_text(form):
    page = form.page("a")
    assert page.find("form").has_attr("hidden")
    assert page.find(class_="outage-verdict").has_attr("hidden")
    assert page.find("details").has_attr("open")
    assert "The result is the worst severity that any answer gives" in page.find("details").get_text()


def test_in_another_format_the_form_is_text(site):
    site.pages(a="```{classify-form}\n```")
    assert site.build(builder="text").warnings == ""
    assert "What is the worst effect on them?" in (site.root / "_build/text/a.txt").read_text()


def test_clauses_of_the_form_lead_to_the_policy_page(form):
    links = {link["href"] for link in form.page("a").select(".outage-verdict a")}
    assert "process/policy.html#classification.questions.affected.answers.all" in links


def test_an_outcome_that_is_no_incident_has_no_command(site):
    site.policy(
        "incident: {threshold: 30m}",
        "incident: {threshold: 30m}\nclassification: {questions: {bad: {ask: Bad?, answers: "
        "{no: {text: No}, yes: {text: Yes, severity: high}}}}}",
    )
    form = make_form(load_policy(site.root / "handbook.yml"))
    nothing = next(keys for keys in form.outcomes if form.pieces[keys[0]].key == "severity:")
    assert not {"command", "channel"} & {form.pieces[key].kind for key in nothing}
