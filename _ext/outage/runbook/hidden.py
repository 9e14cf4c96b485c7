"""Ways in which a cell passes although something in it failed, or never ran: named by ``outage check``.

The runner catches what it can while cells run (``exit()``, threads that raise, tasks that fail). A program's
exit code, a future or a generator that nobody looks at are seen here only, by reading.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from outage.runbook.notebook import Notebook
from outage.runbook.structure import Problem, get_step_tag

_STOP = "to stop a run in words: require(condition, 'what is wrong', 'what to do about it')"
_DECIDE = ("check", "change", "verify", "undo")
_LEAVE = {"exit", "quit"}
_LEAVE_CALLS = {"sys.exit", "os._exit", "os.abort", "os.kill"}
_ASKS = {"ask_exit", "run_cell", "run_cell_magic", "run_line_magic", "system", "ex", "magic"}
_LOOKED_AT = {  # what tells how a program that was started ended
    "subprocess.run": {"returncode", "check_returncode"},
    "subprocess.Popen": {"returncode", "poll", "wait"},
    "asyncio.create_subprocess_exec": {"returncode", "wait"},
    "asyncio.create_subprocess_shell": {"returncode", "wait"},
    "multiprocessing.Process": {"exitcode"},
}
_DROPPED = {  # calls whose result says whether it worked; what to write instead of dropping it
    "subprocess.call": "write: subprocess.run([...], check=True)",
    "os.system": "write: subprocess.run([...], check=True)",
    "os.spawnv": "write: subprocess.run([...], check=True)",
    "os.waitpid": "look at the status that it returns",
    "asyncio.create_task": "keep the task, and await it",
    "asyncio.ensure_future": "keep the task, and await it",
    "loop.create_task": "keep the task, and await it",
    "map": "nothing of it runs until someone asks for its items: write a for loop",
    "filter": "nothing of it runs until someone asks for its items: write a for loop",
}
_BROAD = {"Exception", "BaseException"}


def find_hidden_problems(notebook: Notebook) -> list[Problem]:
    """Every such place in the code cells of a notebook, in their order."""
    trees = [(cell, _tree(cell.source)) for cell in notebook.cells if cell.cell_type == "code"]
    names: dict[str, str] = {}
    coroutines: set[str] = set()
    for _, tree in trees:
        names |= _imported(tree)
        coroutines |= {node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}
    return [
        Problem(cell.index, reason, hint, blocks=blocks, line=node.lineno)
        for cell, tree in trees
        for node, reason, hint, blocks in _Reader(tree, names, coroutines, get_step_tag(cell)).read()
    ]


def _tree(source: str) -> ast.Module:
    try:
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree = compile(source, "cell", "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])  # said elsewhere
    assert isinstance(tree, ast.Module)
    return tree


def _imported(tree: ast.Module) -> dict[str, str]:
    """Names that imports bind, each with the dotted name of what it stands for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


Found = tuple[ast.stmt | ast.expr | ast.excepthandler, str, str, bool]


class _Reader:
    """Reads one cell."""

    def __init__(
        self, tree: ast.Module, names: dict[str, str], coroutines: set[str], tag: str | None
    ) -> None:
        self.tree, self.names, self.coroutines, self.tag = tree, names, coroutines, tag
        self.nodes = list(ast.walk(tree))
        self.looked_at = {
            (node.value.id, node.attr)
            for node in self.nodes
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }

    def read(self) -> Iterator[Found]:
        """All that is found, with what to write instead and whether a run is refused for it."""
        for node in self.nodes:
            if isinstance(node, ast.Expr):
                yield from self._dropped(node)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                yield from self._started(node.value, target.id if isinstance(target, ast.Name) else None)
            elif isinstance(node, ast.ExceptHandler) and self.tag in _DECIDE:
                yield from self._swallowed(node)
            if isinstance(node, ast.Call):
                yield from self._call(node)

    def _name(self, node: ast.expr) -> str:
        """Return the dotted name of what is called; empty where it has none."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            before = self._name(node.value)
            return f"{before}.{node.attr}" if before else f".{node.attr}"
        return ""

    def _dropped(self, node: ast.Expr) -> Iterator[Found]:
        """Find a statement that is only an expression: its value is dropped."""
        value = node.value
        if isinstance(value, ast.Name) and value.id in _LEAVE:
            yield node, f"'{value.id}' alone does nothing here: what follows it runs", _STOP, True
        if isinstance(value, ast.GeneratorExp):
            yield node, "nothing of this generator runs", "write a for loop", False
        awaited = isinstance(value, ast.Await)
        call = value.value if isinstance(value, ast.Await) else value
        if not isinstance(call, ast.Call):
            return
        name = self._name(call.func)
        if name in _DROPPED:
            yield node, f"nobody looks at what {name}() returns: it may have failed", _DROPPED[name], False
        elif name in self.coroutines and not awaited:
            yield node, f"{name}() is never awaited: nothing of it runs", f"write: await {name}(...)", False
        elif name.endswith((".submit", ".map")) and not awaited:
            hint = "keep what it returns, and ask for its result: that raises what the work raised"
            yield node, f"nobody looks at what {name.removeprefix('.')}() returns", hint, False
        elif name == "asyncio.gather" and _keyword(call, "return_exceptions"):
            hint = "leave return_exceptions out, or look at what comes back"
            yield node, "gather(return_exceptions=True) hides what failed", hint, False
        yield from self._started(call, None)

    def _started(self, call: ast.Call, kept: str | None) -> Iterator[Found]:
        """Find a program that was started, and whose exit code is not looked at."""
        name = self._name(call.func)
        looks = _LOOKED_AT.get(name)
        if looks is None or any((kept, attribute) in self.looked_at for attribute in looks):
            return
        if name == "subprocess.run" and _keyword(call, "check"):
            return
        hint = f"look at its {sorted(looks)[-1]}"
        if name.startswith("subprocess."):
            hint = "write: subprocess.run([...], check=True), or look at its returncode"
        yield call, f"nobody looks at how {name}() ended: it may have failed", hint, False

    def _call(self, call: ast.Call) -> Iterator[Found]:
        """Find a call that ends the kernel, or goes around the runner, wherever it is written."""
        name = self._name(call.func)
        if name in _LEAVE or name in _LEAVE_CALLS - {"os.kill"} or name == "SystemExit":
            yield call, f"{name}() ends no run in words", _STOP, False
        elif name == "os.kill" and call.args and self._is_call(call.args[0], "os.getpid"):
            yield call, "this ends the kernel, and no run in words", _STOP, False
        elif name == "get_ipython" or (name.split(".")[-1] in _ASKS and self._is_shell(call.func)):
            hint = "write Python; start programs with subprocess.run([...], check=True)"
            yield call, "get_ipython() goes around the runner, which then cannot see what failed", hint, False
        elif name == "subprocess.getoutput":
            hint = "write: subprocess.check_output([...], text=True)"
            yield call, "getoutput() hides whether the program failed", hint, False
        elif name.startswith("subprocess.") and _keyword(call, "shell") and _pipes(call):
            hint = "begin it with 'set -o pipefail;', and name bash: executable='/bin/bash'"
            yield call, "of a pipe only the last program's exit code counts", hint, False
        elif name.split(".")[-1] == "suppress" and self.tag in _DECIDE and self._is_broad(call.args):
            yield call, "this hides whatever fails", "name the one error that is expected", False

    def _swallowed(self, handler: ast.ExceptHandler) -> Iterator[Found]:
        """``except Exception: pass`` where it is decided whether something is right."""
        nothing = all(
            isinstance(each, (ast.Pass, ast.Continue))
            or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            for each in handler.body
        )
        caught = [handler.type] if handler.type else []
        if nothing and (not caught or self._is_broad(caught)):
            yield handler, "this hides whatever fails", "name the one error that is expected", False

    def _is_broad(self, kinds: list[ast.expr]) -> bool:
        flat = [part for kind in kinds for part in (kind.elts if isinstance(kind, ast.Tuple) else [kind])]
        return any(self._name(kind) in _BROAD for kind in flat)

    def _is_call(self, node: ast.expr, name: str) -> bool:
        return isinstance(node, ast.Call) and self._name(node.func) == name

    def _is_shell(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) and self._name(node.value) in {"ip", "shell", "ipython"}


def _keyword(call: ast.Call, name: str) -> bool:
    """Whether it is given, and is not plainly false."""
    value = next((each.value for each in call.keywords if each.arg == name), None)
    return value is not None and not (isinstance(value, ast.Constant) and not value.value)


def _pipes(call: ast.Call) -> bool:
    command = call.args[0] if call.args else None
    text = command.value if isinstance(command, ast.Constant) else None
    return isinstance(text, str) and "|" in text.replace("||", "") and "pipefail" not in text
