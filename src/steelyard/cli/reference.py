"""This file writes the command reference: ``python -m steelyard.cli.reference > docs/cli.md``."""

from collections.abc import Iterator

import typer
from typer.core import TyperGroup

from steelyard.cli.main import app

HEAD = """\
# Commands

Every command answers in text, and with `--json` in one JSON document on standard output.
Progress and complaints go to standard error.
A complaint is one line that says what was found and what to do.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a check found something |
| 2 | a mistake in what was asked: the command line, the policy, a folder, a full disk |
| 3 | the data cannot be used |
| 130, 141 | interrupted; the reader of the output went away |

```sh
steelyard policies
steelyard policies show article
steelyard check article
steelyard check article --set limits.band=0.01 --json
```

The first run compiles what walks over the history, once, and says so.
The compiled code lies in the user's cache folder, or where `STEELYARD_CACHE` says.
"""


def reference() -> str:
    """Return the reference of all commands, as Markdown."""
    root = typer.main.get_command(app)
    context = typer.Context(root, info_name="steelyard", terminal_width=80, max_content_width=80)
    sections = [
        f"## {each.command_path}\n\n```text\n{each.get_help()}\n```\n" for each in _all(context)
    ]
    return "\n".join([HEAD, *sections])


def _all(context: typer.Context) -> Iterator[typer.Context]:
    """Yield the context of a command and of all below it."""
    yield context
    if isinstance(context.command, TyperGroup):
        for name, command in context.command.commands.items():
            below = typer.Context(command, parent=context, info_name=name)
            yield from _all(below)


if __name__ == "__main__":
    from steelyard.cli.console import say

    say(reference())
