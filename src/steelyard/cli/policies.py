"""This file is the command ``steelyard policies``: the shipped policies, and the text of one."""

from typing import TYPE_CHECKING, Annotated

import typer

from steelyard.cli import options
from steelyard.cli.console import say, width
from steelyard.domain.errors import RequestError

if TYPE_CHECKING:
    from steelyard.policy.load import Policy
    from steelyard.report.inputs import JsonValue

app = typer.Typer(help="List the shipped policies, or show one.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def policies(context: typer.Context, *, json: options.Json = False) -> None:
    """List the shipped policies, or show one."""
    from steelyard.policy.load import load_policy, policy_names
    from steelyard.report.document import as_json

    if context.invoked_subcommand is not None:
        _refuse_json_in_front(json=json)
        return
    shipped = [load_policy(name) for name in policy_names()]
    if json:
        listed: list[JsonValue] = [_described(policy) for policy in shipped]
        say(as_json({"schema": 1, "policies": listed}))
        return
    say("\n".join(_lines(shipped)))


@app.command("show")
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of a shipped policy, or a file.")
    ],
    *,
    json: options.Json = False,
) -> None:
    """Print the text of a policy, to read it or to begin one's own with."""
    from steelyard.policy.load import load_policy
    from steelyard.report.document import as_json

    policy = load_policy(name)
    if json:
        say(as_json({"schema": 1, **_described(policy), "text": policy.source.text}))
        return
    say(policy.source.text)


def _refuse_json_in_front(*, json: bool) -> None:
    if json:
        raise RequestError(
            "--json stands in front of show; write steelyard policies show NAME --json"
        )


def _described(policy: "Policy") -> "dict[str, JsonValue]":
    return {"name": policy.name, "sha256": policy.sha256, "about": policy.document.about}


def _lines(shipped: "list[Policy]") -> list[str]:
    """Return a line for each policy, longer ones folded under their beginning."""
    import textwrap

    widest = max(len(policy.name) for policy in shipped)
    return [
        textwrap.fill(
            policy.document.about,
            width(),
            initial_indent=f"{policy.name:<{widest}}  ",
            subsequent_indent=" " * (widest + 2),
        )
        for policy in shipped
    ]
