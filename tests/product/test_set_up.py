"""What the set-up promises: a lock that names no place, and scripts that install only what is missing."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
TOOLS = ["awk", "cat", "chmod", "dirname", "env", "grep", "head", "rm", "sed", "sh", "sha256sum"]


def requirements() -> list[tuple[Requirement, str]]:
    """The direct dependencies, each with the comment beside it."""
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    parts = [line.partition("#") for line in lines if line and not line.startswith("#")]
    return [(Requirement(name), comment.strip()) for name, _, comment in parts]


def locked() -> dict[str, str]:
    """Version of every package in the lock, by canonical name."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", lock, re.M)
    }


def test_the_lock_names_no_index_host_or_path():
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    settings = [line for line in lock.splitlines() if line.startswith("--") or "://" in line or " @ " in line]
    assert settings == []


def test_every_line_of_the_lock_has_a_hash():
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pinned = re.findall(r"^([\w.-]+==.*?)(?=^\S|\Z)", lock, re.M | re.S)
    assert len(pinned) == len(locked())
    assert [entry for entry in pinned if "--hash=sha256:" not in entry] == []


def test_the_lock_holds_every_direct_dependency_at_an_allowed_version():
    versions = locked()
    wrong = [
        str(requirement)
        for requirement, _ in requirements()
        if not requirement.specifier.contains(versions.get(canonicalize_name(requirement.name), "0"))
    ]
    assert wrong == [], "run `make lock`"


def imported() -> dict[str, str]:
    """Every module that our code imports from elsewhere, and a file that does."""
    found = {}
    for path in (
        path for folder in ("_ext", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update({alias.name.split(".")[0]: str(path) for alias in node.names})
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module.split(".")[0]] = str(path)
    ours = {"outage", "tests", "benchmarks", "conftest"}
    return {name: path for name, path in found.items() if name not in ours | sys.stdlib_module_names}


def test_whatever_is_imported_is_a_direct_dependency():
    named = {canonicalize_name(requirement.name) for requirement, _ in requirements()}
    packages = packages_distributions()
    unnamed = {
        name: path
        for name, path in imported().items()
        if not named & {canonicalize_name(package) for package in packages.get(name, [])}
    }
    assert unnamed == {}, "name it in requirements.in, with a word on why, and run `make lock`"


def test_debian_packages_and_the_wheels_that_need_a_reason_have_one():
    lines = (ROOT / "apt.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "#" not in line] == []
    unexplained = [str(requirement) for requirement, why in requirements() if not why]
    assert [name for name in unexplained if not name.startswith("types-")] == []


@pytest.fixture
def machine(tmp_path):
    """A project folder with a space in its path, and a PATH of stand-ins for what changes a machine."""
    project = tmp_path / "our hand book"
    shutil.copytree(ROOT / ".ci", project / ".ci")
    (project / "apt.txt").write_text("# needed\nchromium  # pages\ngit\n", encoding="utf-8")
    (project / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (project / "bin" / tool).symlink_to(found)
    stand_in(project, "dpkg-query", 'case "$*" in *git) echo -n installed ;; *) exit 1 ;; esac')
    stand_in(project, "apt-get", 'echo "apt-get $*" >> calls')
    stand_in(project, "id", "echo 0")
    return project


def stand_in(project: Path, name: str, body: str) -> None:
    program = project / "bin" / name
    program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    program.chmod(0o755)


def run(project: Path, script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / ".ci" / script, *arguments],
        env={
            "PATH": str(project / "bin"),
            "HOME": os.environ.get("HOME", "/"),
            "POLICY_RC_D": str(project / "policy-rc.d"),
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def installed(project: Path) -> list[str]:
    """The packages that apt-get was asked to install, in order."""
    calls = project / "calls"
    lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
    words = [line.split() for line in lines if " install " in line]
    return [word for line in words for word in line[2:] if "=" not in word and not word.startswith("-")]


def test_only_the_missing_packages_are_installed(machine):
    outcome = run(machine, "packages")
    assert (outcome.returncode, installed(machine)) == (0, ["chromium"])
    assert outcome.stdout == "Installing Debian packages: chromium\n"


def test_nothing_is_asked_of_apt_when_nothing_is_missing(machine):
    stand_in(machine, "dpkg-query", "echo -n installed")
    outcome = run(machine, "packages")
    assert (outcome.returncode, outcome.stdout, outcome.stderr, installed(machine)) == (0, "", "", [])


def test_an_old_list_of_packages_is_no_reason_to_stop(machine):
    stand_in(machine, "apt-get", '[ "$1" = update ] && exit 100; echo "apt-get $*" >> calls')
    assert run(machine, "packages").returncode == 0
    assert installed(machine) == ["chromium"]


def test_a_user_installs_through_sudo(machine):
    stand_in(machine, "id", "echo 1000")
    stand_in(machine, "sudo", 'echo sudo >> calls; "$@"')
    assert run(machine, "packages").returncode == 0
    assert (machine / "calls").read_text(encoding="utf-8").startswith("sudo\n")
    assert installed(machine) == ["chromium"]


ASKS_THE_POLICY = """
[ "$1" = install ] && [ -x policy-rc.d ] && { ./policy-rc.d prometheus start; echo "answer $?" >> calls; }
"""


def answer(project: Path) -> int:
    """What a package was told when it asked whether its service may start."""
    (line,) = [
        line for line in (project / "calls").read_text(encoding="utf-8").splitlines() if "answer" in line
    ]
    return int(line.split()[1])


@pytest.mark.parametrize("code", [0, 100])
def test_no_service_starts_while_packages_are_installed_and_the_policy_is_gone_afterwards(machine, code):
    stand_in(machine, "apt-get", f"{ASKS_THE_POLICY}exit {code}")
    assert run(machine, "packages").returncode == (1 if code else 0)
    assert answer(machine) == 101
    assert not (machine / "policy-rc.d").exists()


def test_a_policy_that_the_machine_has_stays_and_decides(machine):
    policy = machine / "policy-rc.d"
    stand_in(machine, "apt-get", ASKS_THE_POLICY)
    policy.write_text("#!/bin/sh\nexit 104\n", encoding="utf-8")
    policy.chmod(0o755)
    outcome = run(machine, "packages")
    assert "which this machine has already" in outcome.stdout
    assert answer(machine) == 104
    assert policy.read_text(encoding="utf-8") == "#!/bin/sh\nexit 104\n"


def test_a_policy_that_a_killed_run_left_forbids_nothing_and_is_replaced(machine):
    stand_in(machine, "apt-get", '[ "$1" = install ] && kill -9 "$PPID"')
    assert run(machine, "packages").returncode != 0
    policy = machine / "policy-rc.d"
    assert subprocess.run([policy], check=False).returncode == 0
    stand_in(machine, "apt-get", ASKS_THE_POLICY)
    assert run(machine, "packages").returncode == 0
    assert answer(machine) == 101
    assert not policy.exists()


def test_what_was_just_installed_does_not_start_with_the_machine_either(machine):
    files = ["/usr/bin/chromium", "/lib/systemd/system/web.service", "/usr/lib/systemd/system/x@.service"]
    stand_in(machine, "dpkg", f'echo "dpkg $*" >> calls; printf "%s\\n" {" ".join(files)}')
    stand_in(machine, "systemctl", 'echo "systemctl $*" >> calls')
    assert run(machine, "packages").returncode == 0
    calls = (machine / "calls").read_text(encoding="utf-8").splitlines()
    assert calls[-2:] == ["dpkg --listfiles chromium", "systemctl --quiet disable web.service"]


def test_where_systemd_is_not_yet_the_machine_that_it_comes_to_starts_nothing_either(machine):
    stand_in(machine, "dpkg", 'echo "/lib/systemd/system/web.service"')
    for tool in ("deb-systemd-helper", "update-rc.d"):
        stand_in(machine, tool, f'echo "{tool} $*" >> calls')
    assert run(machine, "packages").returncode == 0
    calls = (machine / "calls").read_text(encoding="utf-8").splitlines()
    assert calls[-2:] == ["deb-systemd-helper disable web.service", "update-rc.d web disable"]


def test_without_root_or_sudo_the_refusal_says_what_to_type(machine):
    stand_in(machine, "id", "echo 1000")
    outcome = run(machine, "packages")
    assert (outcome.returncode, installed(machine)) == (1, [])
    assert "could not be installed: chromium\n" in outcome.stderr
    assert "apt-get install chromium\n" in outcome.stderr


def test_on_another_system_the_names_are_said_and_the_work_goes_on(machine):
    (machine / "bin" / "dpkg-query").unlink()
    outcome = run(machine, "packages")
    assert outcome.returncode == 0
    assert outcome.stderr == (
        "This is not Debian. What is needed goes by these names there; have it installed: chromium git\n"
    )


def test_an_old_python_is_refused_before_anything_is_made(machine):
    stand_in(machine, "python3", "exit 1")
    outcome = run(machine, "venv")
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("Python 3.11 to 3.14 is needed")
    assert not (machine / ".venv").exists()


PYTHON_WITHOUT_ENSUREPIP = """
case "$*" in
  *ensurepip*) exit 1 ;;
  *-venv*) echo python3.11-venv ;;
  *--version) echo Python 3.11.2 ;;
  -m*) exit 1 ;;
esac
"""


def test_a_python_without_ensurepip_gets_the_package_that_holds_it(machine):
    (machine / "requirements.txt").touch()
    (machine / "pyproject.toml").touch()
    stand_in(machine, "python3", PYTHON_WITHOUT_ENSUREPIP)
    outcome = run(machine, "venv")
    assert installed(machine) == ["python3.11-venv"]
    assert "Making .venv with Python 3.11.2" in outcome.stdout


def test_uv_trusts_whom_the_machine_trusts_as_pip_does(machine):
    (machine / "requirements.txt").touch()
    (machine / "pyproject.toml").touch()
    tools = {name: shutil.which(name) for name in ("mkdir", "ln")}
    body = """
case "$*" in
  *--version) echo Python 3.11.2 ;;
  "-m venv .venv") {mkdir} -p .venv/bin; {ln} -s ../../bin/python3 .venv/bin/python ;;
  "-m uv "*) echo "$UV_SYSTEM_CERTS" > certificates ;;
esac
"""
    stand_in(machine, "python3", body.format(**tools))
    assert run(machine, "venv").returncode == 0
    assert (machine / "certificates").read_text(encoding="utf-8") == "true\n"


def test_pip_installs_into_the_environment_whatever_it_is_told_to_do_elsewhere(machine):
    (machine / "requirements.txt").touch()
    (machine / "pyproject.toml").touch()
    tools = {name: shutil.which(name) for name in ("mkdir", "ln")}
    body = """
case "$*" in
  *--version) echo Python 3.11.2 ;;
  "-m venv .venv") {mkdir} -p .venv/bin; {ln} -s ../../bin/python3 .venv/bin/python ;;
  "-m pip install "*) echo "$PIP_USER-$PIP_TARGET-$PYTHONPATH" >> seen ;;
esac
"""
    stand_in(machine, "python3", body.format(**tools))
    told = {"PIP_USER": "1", "PIP_TARGET": "/elsewhere", "PYTHONPATH": "/elsewhere"}
    assert run(machine, "venv", **told).returncode == 0
    assert set((machine / "seen").read_text(encoding="utf-8").split()) == {"0--"}


def test_an_environment_that_is_as_the_lock_says_is_left_alone(machine):
    (machine / "requirements.txt").write_text("x==1\n", encoding="utf-8")
    (machine / "pyproject.toml").touch()
    stand_in(machine, "python3", 'case "$*" in *--version) echo Python 3.11.2 ;; esac')
    (machine / ".venv" / "bin").mkdir(parents=True)
    python = machine / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\necho "python $*" >> calls\n', encoding="utf-8")
    python.chmod(0o755)

    assert run(machine, "venv").returncode == 0
    (machine / "calls").unlink()
    assert run(machine, "venv").returncode == 0
    assert not (machine / "calls").exists()

    (machine / "requirements.txt").write_text("x==2\n", encoding="utf-8")
    assert run(machine, "venv").returncode == 0
    assert "--require-hashes" in (machine / "calls").read_text(encoding="utf-8")


@pytest.mark.parametrize("program", ["sphinx", "ansible adhoc"])
@pytest.mark.parametrize("setting", ["LANG", "LC_ALL", "LC_TIME", "LC_CTYPE"])
def test_a_locale_that_is_not_installed_stops_nothing(setting, program):
    others = {name: value for name, value in os.environ.items() if name not in ("LANG", "LC_ALL")}
    outcome = subprocess.run(
        [sys.executable, "-m", *program.split(), "--version"],
        env={**others, setting: "xx_YY.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert program.split()[0] in outcome.stdout


def test_a_locale_that_is_installed_stays_the_one_that_programs_use():
    code = "import locale, os; print(locale.setlocale(locale.LC_ALL), os.environ.get('LC_ALL'))"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={"LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.endswith("None\n")
    assert "C.UTF-8" in said
