"""The shape of the package: imports run one way, in no circle, and the core knows nothing of Sphinx."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import outage
from tests.product.layers import LAYERS

PACKAGE = Path(outage.__file__).parent
RANK = {name: index for index, layer in enumerate(LAYERS) for name in layer}


def dotted(path: Path) -> str:
    return ".".join(("outage", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(path: Path) -> set[str]:
    """Modules that a file imports, wherever it does; those for type checking only are left out."""
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
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= (inner & MODULES.keys()) or {node.module}
    return names


GRAPH = {name: imported(path) - {name} for name, path in MODULES.items()}


def folder(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle, and those that need them; or none."""
    left = dict(graph)
    while free := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in free:
            del left[name]
    return sorted(left)


def test_imports_run_one_way_and_every_layer_exists():
    folders = {folder(name) for name in MODULES} - {""}
    assert folders == RANK.keys(), "the list of layers names each folder once: add, or remove, the difference"
    upwards = [
        f"{name} imports {other}"
        for name, others in GRAPH.items()
        for other in sorted(others)
        if other.startswith("outage.") and folder(name) and RANK[folder(other)] > RANK[folder(name)]
    ]
    assert upwards == []


def test_no_modules_import_each_other_in_a_circle():
    assert circle(GRAPH) == []
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"e"}, "e": set()}) == ["a", "b", "c"]


def test_the_core_never_imports_sphinx():
    core = {name: others for name, others in GRAPH.items() if folder(name) != "pages"}
    heavy = {"sphinx", "docutils", "myst_parser", "myst_nb"}
    assert {
        name for name, others in core.items() if heavy & {other.split(".")[0] for other in others}
    } == set()
    assert heavy & {other.split(".")[0] for name in GRAPH for other in GRAPH[name]}, "pages do"


def test_help_imports_click_and_nothing_heavy():
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


def test_no_test_imports_from_another_or_from_a_conftest():
    """A fixture that is imported is a second one: of a session, two would run side by side in one worker."""
    tests = Path(__file__).parents[1]
    paths = sorted(tests.rglob("*.py"))
    assert Path(__file__) in paths
    found = {
        f"{path.relative_to(tests)}:{node.lineno}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and re.fullmatch(r"tests\..*\b(test_\w+|conftest)", node.module or "")
    }
    assert found == set(), "move what both need into a module that is named for what it holds"
