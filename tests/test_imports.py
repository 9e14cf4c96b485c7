"""The shape of the package: the core knows nothing of Sphinx, and imports run one way."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "_ext" / "outage"
LAYERS = [  # a room may import its own layer and those above it in this list
    {"errors", "locales"},
    {"text"},
    {"background", "git", "glossary", "linear", "proxies", "secrets", "source", "svg", "unread"},
    {"policy"},
    {"project", "quote", "say", "mask"},
    {"classify"},
    {"record"},
    {"clock"},
    {"audit", "playbook", "review", "chat", "sync", "incidents", "response"},
    {"runbook"},
    {"run", "practice", "cases", "views", "report", "plan"},
    {"toolbox"},
    {"check"},
    {"doctor"},
    {"pages"},
    {"cli"},
]


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        yield relative.parts[0].removesuffix(".py"), path


def imported(path: Path) -> set[str]:
    """Modules imported anywhere in a file, those for type checking only left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize(("room", "path"), [(r, p) for r, p in modules() if r != "pages"], ids=str)
def test_the_core_never_imports_sphinx(room: str, path: Path) -> None:
    tops = {name.split(".")[0] for name in imported(path)}
    assert not tops & {"sphinx", "docutils", "myst_parser", "myst_nb"}


@pytest.mark.parametrize(("room", "path"), list(modules()), ids=str)
def test_imports_run_one_way(room: str, path: Path) -> None:
    rank = {name: index for index, layer in enumerate(LAYERS) for name in layer}
    if room == "__init__":
        return
    assert room in rank, f"add '{room}' to the layers in this test, where it belongs"
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "outage" and len(parts) > 1 and parts[1] in rank:
            assert rank[parts[1]] <= rank[room], f"{room} imports {name}, which is above it"


def test_help_imports_click_and_nothing_heavy() -> None:
    script = (
        "import sys; from outage.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pydantic', 'yaml', 'sphinx', 'nbformat', 'apprise', 'outage.policy'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "declare" in done.stdout
