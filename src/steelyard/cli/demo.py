"""This file is the command ``steelyard demo``."""

from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli import options


def demo(
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="DIR",
            parser=options.folder_to_write,
            help="Where the page and its files go.",
        ),
    ] = Path("steelyard-demo"),
    json: options.Json = False,
) -> None:
    """Run a policy on a synthetic market, without any data.

    The policy is article; the page with the result is written into a folder.
    """
    from steelyard.cli.asked import answer, run, written
    from steelyard.cli.folder import refuse_unwritable

    refuse_unwritable(out)
    from steelyard.data.synthetic import synthetic_market
    from steelyard.engine.course import DEFAULT_CASH
    from steelyard.policy.load import load_policy

    result = run(load_policy("article"), synthetic_market(), (None, None), DEFAULT_CASH)
    answer(result, written(result, out), as_json=json)
