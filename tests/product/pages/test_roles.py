"""What names of roles are on a page: titles, words to say, and the views of one role."""

from __future__ import annotations

import pytest

from outage.errors import Refused
from outage.policy import Policy, load_policy, parse_policy
from outage.policy.quote import fill_in_quotes
from outage.render import show
from tests.sites import LARKFIELD, ROOT

SHORTEST = "company: Acme\nseverities: {high: It is down}\n"


def heading(tag):
    return tag.get_text().removesuffix("¶").strip()


# ---------------------------------------------------------------- titles and names that are hostile


def test_a_hostile_name_is_shown_as_text_wherever_it_stands(site):
    site.policy("incident:", "roles: {scribe: {name: '<b>*x*</b> {role}`y`'}}\nincident:")
    site.pages(a="# {role-title}`scribe`\n\n:::{say} To {role}`scribe`\nI am {role}`scribe`.\n:::")
    assert site.build().warnings == ""
    assert heading(site.page("a").h1) == "<b>*x*</b> {role}`y`"
    assert site.page("a").find("pre").get_text() == "I am <b>*x*</b> {role}`y`.\n"


# ---------------------------------------------------------------- words to say


@pytest.fixture
def acme() -> Policy:
    return parse_policy(SHORTEST + "roles: {scribe: Schreiber, deputy: {merged_into: scribe}}\n")


def test_words_to_say_hold_the_companys_names_and_nothing_that_chat_cannot_show(acme):
    assert fill_in_quotes(acme, "Ask {role}`deputy`,\nnot [name].") == "Ask Schreiber,\nnot [name]."


def test_a_list_of_roles_is_quoted_by_their_names():
    policy = parse_policy(f"{SHORTEST}review: {{attend: [incident-commander, scribe]}}\n")
    assert fill_in_quotes(policy, "{policy}`review.attend`") == "Incident commander and Scribe"


def test_a_name_that_looks_like_a_role_is_not_read_again():
    policy = parse_policy(SHORTEST + "roles: {scribe: '{role}`planner`'}\n")
    assert fill_in_quotes(policy, "{role}`scribe`") == "{role}`planner`"


def test_an_unknown_name_in_words_to_say_is_a_warning_with_its_place(site):
    site.pages(a="First.\n\n:::{say}\nAsk {role}`scirbe`.\n:::")
    warnings = site.build().warnings
    assert warnings.startswith("a.md:5: WARNING: ")
    assert "did you mean 'scribe'?" in warnings


def test_words_to_say_are_rebuilt_when_a_name_changes(site):
    site.policy("incident:", "roles: {scribe: Clerk}\nincident:")
    site.pages(a=":::{say}\nAsk {role}`scribe`.\n:::", b="# {role-title}`scribe`", c="None.")
    site.build()
    site.policy("Clerk", "Writer")
    assert site.build().read == {"a", "b", "process/policy"}
    assert "Ask Writer." in site.words("a")
    assert heading(site.page("b").h1) == "Writer"


# ---------------------------------------------------------------- views of one role


def test_a_role_that_somebody_holds_needs_no_statement(acme):
    assert show(acme, "role-note", "scribe") == ""


def test_how_a_role_changes_hands_is_said_in_the_companys_words(acme):
    assert show(acme, "role-taking", "scribe") == SCRIBE_CHANGES_HANDS.strip()


SCRIBE_CHANGES_HANDS = """
**To take it:**

```console
$ outage role scribe "Your name"
```

:::{say} Or post in {told}`responders`
I'm taking the {role}`scribe` role as of [time]. [Your name]
:::

:::{say} The role is yours when the {role}`incident-commander` has read it back
{role}`scribe` is [name], as of [time].
:::

**To hand it over,** brief the next person: {doc}`/process/hand-over`. Then, aloud or in writing:

:::{say} You
[Name], I'm handing the {role}`scribe` role over to you. Will you take it?
:::

:::{say} They
I have the {role}`scribe` role as of [time].
:::

Without a clear yes, the role stays yours. Once you have one, tell everyone:

```console
$ outage handoff scribe "Their name"
```

:::{say} Or post
{role}`scribe` is now [name], as of [time]. [Old name] stays until [time].
:::
"""


def test_the_one_who_leads_is_read_back_by_anybody(acme):
    assert "when one other person has read it back" in show(acme, "role-taking", "incident-commander")


def test_a_role_that_several_hold_says_whose_turn_the_command_ends(acme):
    assert "the one who took it last" in show(acme, "role-taking", "expert")
    assert "the one who took it last" not in show(acme, "role-taking", "scribe")


@pytest.mark.parametrize("view", ["role-title", "role-note", "role-taking"])
def test_an_unknown_role_is_refused_with_the_nearest(acme, view):
    with pytest.raises(Refused) as refused:
        show(acme, view, "scirbe")
    assert refused.value.hint == "did you mean 'scribe'?"


def test_a_value_that_names_a_role_is_shown_by_the_roles_name(acme):
    assert "Incident commander" in show(acme, "role", "state_document.keeper")
    with pytest.raises(Refused) as refused:
        show(acme, "role", "state_document.where")
    assert refused.value.hint == "for its words write {policy}`state_document.where`"


# ---------------------------------------------------------------- who holds what

SMALL = """
### 1 person awake

- {role}`incident-commander`, {role}`operations-lead`, {role}`expert`, {role}`communications-lead`, \
{role}`scribe`, {role}`customer-liaison` and {role}`review-team`

### 2 people awake

- {role}`incident-commander`, {role}`communications-lead` and {role}`scribe`
- {role}`operations-lead` and {role}`expert`

### 3 people awake

- {role}`incident-commander` and {role}`scribe`
- {role}`operations-lead` and {role}`expert`
- {role}`communications-lead` and {role}`customer-liaison`
"""

LARGE = """
### 2 people awake

- {role}`incident-commander`, {role}`communications-lead` and {role}`planner`
- {role}`operations-lead` and {role}`expert`

### 3 people awake

- {role}`incident-commander` and {role}`planner`
- {role}`operations-lead` and {role}`expert`
- {role}`communications-lead`

### 20 people awake

- {role}`incident-commander`
- {role}`operations-lead`
- {role}`communications-lead`
- {role}`planner`
- 4 people, each: {role}`expert`

The other 12 hold no role: free for the next task, or resting for the next shift.
"""

TWENTY = """
### 20 people awake

- {role}`incident-commander`
- {role}`deputy`
- {role}`operations-lead`
- 5 people, each: {role}`expert`
- {role}`communications-lead`
- {role}`customer-liaison`
- {role}`scribe`
- {role}`planner`

The other 8 hold no role: free for the next task, or resting for the next shift.
"""


@pytest.mark.parametrize(
    ("file", "text"), [("examples/small-team.yml", SMALL), ("examples/large-group.yml", LARGE)]
)
def test_staffing_says_who_holds_what(file, text):
    assert show(load_policy(ROOT / file), "staffing") == text.strip()


@pytest.mark.parametrize("policy", [load_policy(ROOT / LARKFIELD), parse_policy(SHORTEST)])
def test_twenty_are_staffed_in_the_sample_and_by_default(policy):
    assert list(policy.staffing) == [1, 2, 3, 6, 20]
    assert show(policy, "staffing").endswith(TWENTY.strip())


def test_a_single_person_left_over_is_one():
    policy = parse_policy(SHORTEST + "staffing: {3: [[incident-commander], [operations-lead]]}\n")
    assert show(policy, "staffing").endswith(
        "The other one holds no role: free for the next task, or resting for the next shift."
    )
