"""What a valid policy offers: values by address, defaults that are rules, three very different companies."""

from pathlib import Path

import pytest

from outage.errors import Refused
from outage.policy import Duration, Policy, load_policy, parse_policy
from tests.sites import LARKFIELD

ROOT = Path(__file__).parents[3]
POLICIES = [ROOT / "handbook.yml", *sorted((ROOT / "examples").glob("*.yml"))]
SHORTEST = "company: Acme\nseverities: {high: It is down}\n"


@pytest.fixture(scope="module")
def sample() -> Policy:
    return load_policy(ROOT / LARKFIELD)


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_every_value_is_found_again_at_its_address(path: Path) -> None:
    policy = load_policy(path)
    assert len(policy.values()) > 100
    for address, value in policy.values().items():
        assert policy.at(address).raw == value.raw
        assert value.default == (value.line is None)


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_values_line_is_where_the_file_says_it(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    written = {a: value.line for a, value in load_policy(path).values().items() if value.line is not None}
    assert written
    for address, line in written.items():
        assert any(part in lines[line - 1] for part in address.split(".")[-2:]), address


def test_the_shortest_policy_is_two_lines() -> None:
    policy = parse_policy(SHORTEST)
    assert policy.severities["high"].cadence["customers"] == Duration.parse("30m")
    assert policy.at("severities.high.cadence.customers").default


def test_highest_and_lowest_stand_for_a_severity(sample: Policy) -> None:
    assert sample.at("severities.highest.cadence.customers").address == "severities.sev1.cadence.customers"
    assert sample.severity("lowest").name == "Sev 4"


def test_an_unknown_address_names_the_nearest(sample: Policy) -> None:
    with pytest.raises(Refused) as refused:
        sample.at("severities.sev1.cadense.customers")
    assert refused.value.hint == "did you mean 'cadence'?"


def test_yaml_words_stay_words() -> None:
    policy = parse_policy("company: {name: NO}\nseverities: {high: 'off'}\nresources: {on: 12:30}\n")
    assert policy.company.name == "NO"
    assert policy.resources == {"on": "12:30"}


def test_an_audience_that_is_dropped_is_gone_from_every_promise() -> None:
    policy = parse_policy(SHORTEST + "audiences: {customers: none}\n")
    assert "customers" not in policy.audiences
    assert not any("customers" in address for address in policy.values() if "criteria" not in address)
    assert "customer-liaison" not in policy.roles


def test_a_missing_channel_is_stood_in_for_by_a_wider_one() -> None:
    policy = parse_policy(SHORTEST + 'channels: {company: "#all"}\n')
    assert policy.channels["incident"].name == "#all"
    assert policy.channels["incident"].same_as == "company"
    assert set(policy.own_channels) == {"company", "customers"}
    assert not policy.has("channels.incident")


def test_a_company_without_divisions_has_no_such_scope() -> None:
    assert parse_policy(SHORTEST).scopes == ["area", "company"]


def test_all_stands_for_every_role_that_is_held() -> None:
    policy = parse_policy(SHORTEST + "roles: {scribe: {merged_into: planner}}\nstaffing: {1: [[all]]}\n")
    assert policy.staffing[1] == [policy.held_roles]
    assert "scribe" not in policy.held_roles


def test_the_small_team_fits_on_twenty_lines() -> None:
    lines = (ROOT / "examples/small-team.yml").read_text(encoding="utf-8").splitlines()
    policy = load_policy(ROOT / "examples/small-team.yml")
    assert len(lines) <= 20
    assert len(policy.contacts) == 3
    assert len(policy.severities) == 2
    assert list(policy.staffing) == [1, 2, 3]


def test_a_channels_name_is_filled_with_what_is_known(sample: Policy) -> None:
    area = sample.channels["area"]
    assert area.format_name(division="shop", area="search") == "#shop-search-outages"
    assert area.format_name(division="shop") == "#shop-‹area›-outages"
