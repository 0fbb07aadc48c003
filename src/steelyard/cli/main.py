"""This file is the command ``steelyard``: its commands, one file each, and the outermost place."""

from typing import Annotated

import typer

from steelyard.cli import (
    backtest,
    check,
    data,
    demo,
    explain,
    fakevenue,
    ladder,
    policies,
    record,
    review,
    stress,
    venues,
)
from steelyard.cli.console import say
from steelyard.cli.front import Front

app = typer.Typer(
    name="steelyard",
    cls=Front,
    rich_markup_mode=None,  # plain help: rich alone would take a third of the time it may take
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("backtest")(backtest.backtest)
app.command("check")(check.check)
app.command("demo")(demo.demo)
app.command("explain")(explain.explain)
app.command("fakevenue")(fakevenue.fakevenue)
app.command("ladder")(ladder.ladder)
app.command("review")(review.review)
app.command("stress")(stress.stress)
app.command("venues")(venues.venues)
data.app.command("record")(record.record)
app.add_typer(data.app, name="data")
app.add_typer(policies.app, name="policies")


def _version(asked: bool) -> None:  # noqa: FBT001 - typer hands the flag over by position
    if asked:
        from importlib.metadata import version

        say(f"steelyard {version('steelyard')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def steelyard(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Slide futures against spot by written rules, and see why at every step."""
    if context.invoked_subcommand is None:
        say(context.get_help())
