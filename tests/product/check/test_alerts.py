"""`outage check` holds alert rules and runbooks to each other, in a company's own rule files too."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from outage.check import check
from outage.check.alerts import OPEN, read_rules
from outage.errors import Problems
from outage.project import Project
from tests.product.run.build import POLICY, Handbook, code, prose

SITE = "https://outage.acme.example/handbook"
PAGE = f"{SITE}/runbooks/slow-disk.html"
PARAMETERS = """\
from typing import Annotated
from pydantic import Field, SecretStr
server: str = "web1"  # which server
most: Annotated[int, Field(ge=1, le=9)] = 3  # how many
token: SecretStr = SecretStr("secret://env/TOKEN")  # for its console
"""


def rule(url: str, alert: str = "SlowDisk", labels: str = "{}") -> str:
    return f"""\
groups:
  - name: disks
    interval: 30s
    rules:
      - alert: {alert}
        expr: disk_seconds > 3
        for: 5m
        labels: {labels}
        annotations:
          summary: A disk is slow
          runbook_url: '{url}'
"""


@pytest.fixture
def company(tmp_path: Path) -> Handbook:
    """A company with one runbook, slow-disk, that answers one alert, SlowDisk."""
    made = Handbook(tmp_path / "handbook")
    policy = f"{POLICY}alerts:\n  rules: [alerts/*.yml]\n  site: {SITE}\n"
    (made.root / "handbook.yml").write_text(policy)
    cells = [prose("# Slow disk"), code("parameters", PARAMETERS), code("read", "print(server)")]
    made.write("slow-disk", cells, {"alerts": ["SlowDisk"], "risk": "none"})
    (made.root / "alerts").mkdir()
    return made


def said(company: Handbook, *files: str) -> list[str]:
    for number, text in enumerate(files, 1):
        (company.root / "alerts" / f"{number}.yml").write_text(text, encoding="utf-8")
    return [str(problem) for problem in check(Project(company.root, company.root / "handbook.yml"))]


@pytest.mark.parametrize(
    "url",
    [
        PAGE,
        f"{PAGE}?server={{{{ $labels.instance }}}}",
        f"{PAGE}?server={{{{ $labels.instance | urlquery }}}}&most=5#what-you-can-set",
        f"{PAGE}?server=web%202",
        SITE + "/runbooks/{{ $labels.page }}.html",
        "{{ $externalLabels.handbook }}/runbooks/slow-disk.html",
    ],
)
def test_a_rule_that_leads_to_a_page_with_its_parameters_is_right(company, url):
    assert said(company, rule(url, labels="{page: slow-disk, severity: error}")) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", f"it has no runbook_url\n  hint: under annotations: runbook_url: {SITE}/runbooks/NAME.html"),
        ("https://wiki.acme.example/disk", "is no runbook's page of this handbook: https://wiki.acme"),
        ("https://old.acme.example/runbooks/slow-disk.html", "is no runbook's page of this handbook"),
        (f"{SITE}/process/now.html", "is no runbook's page of this handbook"),
        (
            f"{SITE}/runbooks/slow-disc.html",
            "not there: runbooks/slow-disc.html\n  hint: did you mean 'slow-disk'",
        ),
        (f"{SITE}/runbooks/../runbooks/slow-disk.html", "is no runbook's page of this handbook"),
        (SITE + "/runbooks/{{ $labels.instance }}.html", "is known only when it fires"),
        (f"{PAGE}?serer=web1", "has no parameter 'serer'\n  hint: did you mean 'server'?"),
        (f"{PAGE}?most=12", "would refuse 'most'"),
        (f"{PAGE}?most=many", "would refuse 'most'"),
        (f"{PAGE}?token={{{{ $labels.token }}}}", "is a secret, and a URL is read by many"),
    ],
)
def test_a_rule_that_leads_astray_is_named_by_file_and_line(company, url, expected):
    (problem,) = said(company, rule(url))
    assert problem.startswith("alerts/1.yml:11: alert SlowDisk: ")
    assert expected in problem


def test_a_rule_without_annotations_is_named_at_its_own_line(company):
    (problem,) = said(company, "groups:\n- rules:\n  - {alert: SlowDisk, expr: up == 0}\n")
    assert problem.startswith("alerts/1.yml:3: alert SlowDisk: it has no runbook_url")


def test_an_alert_that_its_runbook_does_not_know_is_named(company):
    problems = said(company, rule(PAGE), rule(PAGE, alert="DiskGone"))
    assert problems == [
        "alerts/2.yml:11: alert DiskGone: it leads to runbook slow-disk, which does not say that it answers"
        " this alert\n  hint: add it to alerts in the metadata of runbooks/slow-disk.ipynb"
    ]


def test_an_alert_of_a_runbook_that_no_rule_raises_is_named(company):
    company.write("other", [prose("# Other"), code("parameters", "# none")], {"alerts": ["SlowDisc"]})
    problems = said(company, rule(PAGE))
    place = f"{company.root}/runbooks/other.ipynb: metadata runbook.alerts.0"
    assert [line for line in problems if "alerts.0" in line] == [
        f"{place}: no rule raises the alert 'SlowDisc'\n  hint: did you mean 'SlowDisk'?"
    ]


def test_without_a_site_any_host_of_ours_will_do_and_the_page_is_still_checked(company):
    policy = company.root / "handbook.yml"
    policy.write_text(policy.read_text().replace(f"  site: {SITE}\n", ""))
    assert said(company, rule("http://localhost:8000/runbooks/slow-disk.html")) == []
    (problem,) = said(company, rule("http://localhost:8000/runbooks/fast-disk.html"))
    assert "a page that is not there" in problem


def test_a_pattern_without_files_is_named_at_its_line(company):
    problems = said(company)
    assert problems[0].startswith(
        f"{company.root}/handbook.yml:8: alerts.rules: no file matches 'alerts/*.yml'"
    )


def test_a_company_without_rule_files_is_asked_for_none(company):
    (company.root / "handbook.yml").write_text(POLICY)
    assert said(company) == []


def test_keys_that_are_not_ours_recording_rules_and_anchors_are_passed_over(company):
    text = rule(PAGE).replace("rules:\n", "limit: 7\n    rules:\n      - {record: a:b, expr: up}\n")
    text = text.replace("labels: {}", "keep_firing_for: 5m\n        labels: &l {team: disks}")
    text += f"      - {{alert: SlowDisk, expr: up, labels: *l, annotations: {{runbook_url: '{PAGE}'}}}}\n"
    assert said(company, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rules: []\n", "1.yml:1: there is no list 'groups' here"),
        ("groups: {}\n", "1.yml:1: there is no list 'groups' here"),
        ("groups:\n- name: a\n", "1.yml:2: there is no list 'rules' here"),
        ("groups:\n- rules:\n  - expr: up\n", "1.yml:3: this rule has neither 'alert' nor 'record'"),
        ("groups:\n- rules: [a\n", "this is not YAML"),
        ('groups:\n- rules:\n  - alert: "a\\e[2J"\n', "alert a\\x1b[2J: it has no runbook_url"),
    ],
)
def test_a_file_that_is_no_rule_file_is_refused_in_words(company, text, expected):
    assert expected in said(company, text)[0]


def indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())


KUBERNETES = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: x}\nspec:\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\ndata: {groups: none}\n"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: KUBERNETES + indented(text, 2),
        lambda text: f"{CONFIG}---\n{KUBERNETES}{indented(text, 2)}---\n",
        lambda text: f"kind: List\nitems:\n- {indented(KUBERNETES + indented(text, 2), 2)[2:]}",
    ],
    ids=["an object", "several documents", "a list of objects"],
)
def test_rules_in_objects_of_kubernetes_are_read_like_others(company, wrap):
    assert said(company, wrap(rule(PAGE))) == []
    (problem,) = said(company, wrap(rule("https://wiki.acme.example/disk")))
    assert "alert SlowDisk: its runbook_url is no runbook's page" in problem


def test_an_object_without_rules_is_refused_in_words(company):
    assert "there is no list 'groups' here" in said(company, f"{KUBERNETES}  replicas: 2\n")[0]


def test_every_group_is_read(company):
    more = rule(PAGE, alert="DiskGone").removeprefix("groups:\n").replace("disks", "gone")
    (problem,) = said(company, rule(PAGE) + more)
    assert "alert DiskGone: it leads to runbook slow-disk, which does not say" in problem


@pytest.mark.parametrize(
    "text", ["", "# not yet\n", "---\n", "groups:\n", "groups: []\n", "groups:\n- rules:\n"]
)
def test_a_file_without_rules_is_no_problem_in_itself(company, text):
    assert said(company, rule(PAGE), text) == []


def test_a_merge_key_brings_the_annotations_of_another_rule(company):
    text = rule(PAGE).replace("annotations:", "annotations: &common")
    text += "      - alert: SlowDisk\n        expr: up\n        annotations:\n          <<: *common\n"
    assert said(company, text) == []
    own = f"{text}          runbook_url: {SITE}/runbooks/slow-disc.html\n"
    (problem,) = said(company, own)
    assert problem.startswith("alerts/1.yml:16: alert SlowDisk: ")
    assert "not there: runbooks/slow-disc.html" in problem, "its own key wins"
    several = text.replace("<<: *common", "<<: [{summary: s}, *common]")
    assert said(company, several) == []


def elsewhere(company: Handbook, *entries: str) -> None:
    policy = company.root / "handbook.yml"
    listed = "".join(f"    {entry}\n" for entry in entries)
    policy.write_text(f"{policy.read_text()}  elsewhere:\n{listed}")


def test_an_alert_that_leads_elsewhere_on_purpose_stands_in_the_policy_with_the_reason(company):
    files = [
        rule(PAGE),
        rule("https://runbooks.example/kubepodcrashlooping", alert="KubePodCrashLooping"),
        rule("", alert="Watchdog"),
    ]
    first, second = said(company, *files)
    assert "or say under alerts.elsewhere of the policy why it leads elsewhere" in first
    assert "or say under alerts.elsewhere of the policy why it leads elsewhere" in second
    elsewhere(company, "'Kube*': the cluster's own", "Watchdog: it always fires")
    assert said(company, *files) == []


def test_an_exception_that_no_rule_needs_any_more_is_named_at_its_line(company):
    elsewhere(company, "SlowDsik: a colleague's")
    (problem,) = said(company, rule(PAGE))
    assert problem.startswith(
        f"{company.root}/handbook.yml:11: alerts.elsewhere.SlowDsik: no rule raises such"
    )
    assert problem.endswith("hint: did you mean 'SlowDisk'?")


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("Watchdog:", "alerts.elsewhere.Watchdog: this must be a text, not nothing"),
        ("'*': all of them", r"'\*' is not the name of an alert"),
    ],
)
def test_an_exception_without_a_reason_or_for_every_alert_is_refused(company, entry, reason):
    elsewhere(company, entry)
    with pytest.raises(Problems, match=reason):
        said(company, rule(PAGE))


@pytest.mark.parametrize("name", ["2.yaml", "2.YML"])
def test_a_rule_file_with_another_ending_is_not_passed_over_in_silence(company, name):
    (company.root / "alerts" / name).write_text(rule(PAGE), encoding="utf-8")
    (problem,) = said(company, rule(PAGE))
    assert problem.startswith(f"alerts/{name}: no pattern of alerts.rules reads this file")


def test_what_stays_open_until_the_alert_fires_is_marked(tmp_path):
    file = tmp_path / "rules.yml"
    file.write_text(rule(PAGE + "?a={{ $labels.team }}&b={{ $value }}", labels="{team: disks}"))
    (read,) = read_rules(file)
    assert read.url == f"{PAGE}?a=disks&b={OPEN}"


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "rules.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(Problems, match="not UTF-8"):
        read_rules(tmp_path / "rules.yml")


def test_prometheus_itself_accepts_our_rules():
    files = sorted((Path(__file__).parents[3] / "lab" / "alerts").glob("*.yml"))
    done = subprocess.run(["promtool", "check", "rules", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
