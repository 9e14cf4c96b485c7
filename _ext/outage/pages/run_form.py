"""The form on a runbook's page that builds the command to copy, filled in from the page's address.

``...html?hours=3&apply`` sets the parameter ``hours``, so that an alert's link can carry its labels.
Without scripts the page has the table of parameters and the plain command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes

from outage.pages.render import render
from outage.runbook.command import format_run_command
from outage.runbook.types import LiteralType, ScalarType, describe_limits, describe_type, to_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

    from outage.runbook.contract import Contract
    from outage.runbook.parameters import Parameter


class run_form(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """The form: a runbook's command, its parameters as data, and whether it changes something."""


def make_form_node(contract: Contract) -> run_form:
    """Make the form's node for a runbook."""
    return run_form(
        command=format_run_command(contract.name, contract.parameters, {}, apply=False),
        runbook=contract.name,
        fields=[_describe_field(parameter) for parameter in contract.parameters],
        changes=contract.changes,
    )


def _describe_field(parameter: Parameter) -> dict[str, Any]:
    """Describe what the form shows and the script needs of a parameter."""
    default = "" if parameter.required else to_text(parameter.default)
    return {
        "name": parameter.name,
        "help": parameter.help,
        "what": "; ".join([describe_type(parameter.type), *describe_limits(parameter.type)]),
        "required": parameter.required,
        "default": default,
        "secret": parameter.secret,
        "options": _list_options(parameter),
    }


def _list_options(parameter: Parameter) -> list[str]:
    """List the values to choose from, where there are only a few."""
    if isinstance(parameter.type, LiteralType):
        return [to_text(option) for option in parameter.type.options]
    if isinstance(parameter.type, ScalarType) and parameter.type.name == "bool":
        return ["true", "false"]
    return []


def _visit(self: HTML5Translator, node: run_form) -> None:
    keys = ("command", "runbook", "fields", "changes")
    self.body.append(render("run-form.html.jinja", **{key: node[key] for key in keys}))
    raise nodes.SkipNode


def _visit_text(self: Any, node: run_form) -> None:
    raise nodes.SkipNode  # the facts above it have the command


def setup(app: Sphinx) -> None:
    """Add the node and its script."""
    other = (_visit_text, None)
    app.add_node(run_form, html=(_visit, None), latex=other, text=other, man=other, texinfo=other)
    app.add_js_file("run-form.js", loading_method="defer")
