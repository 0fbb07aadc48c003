"""This file is the outermost place: every refusal becomes one line and an exit code here."""

import gc
import os
import sys
from collections.abc import Sequence
from typing import Final

import typer
from typer.core import TyperGroup

from steelyard.cli.console import complain, forget_output
from steelyard.domain.errors import RequestError, SteelyardError

INTERRUPTED: Final = 130
"""What shells report of a command that was interrupted: 128 and the number of the signal."""

MISUSED: Final = RequestError.exit_code


class Front(TyperGroup):
    """The commands, with all that may go wrong told in one line on standard error."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - typer's own signature
        windows_expand_args: bool = True,  # noqa: FBT001, FBT002 - typer's own signature
        **extra: object,
    ) -> object:
        """Run a command and leave with its exit code; return it where ``standalone_mode`` is off.

        0 is done, 1 a finding, 2 the user's mistake, 3 the data's or the venue's.
        """
        gc.disable()  # one command ends before collecting what it imports could pay
        code = 0
        try:
            code = super().main(
                args,
                prog_name,
                complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )
        except SteelyardError as error:
            code = error.exit_code
            complain(str(error))
        except typer.TyperException as error:
            code = MISUSED
            complain(usage(error))
        except OSError as error:
            code = MISUSED
            forget_output()
            complain(f"{_what(error)}; see to the disk, or send the output somewhere else")
        except (KeyboardInterrupt, typer.Abort):
            code = INTERRUPTED
        if standalone_mode:
            gc.freeze()  # nor does it pay to collect all of it at the very end
            sys.exit(code)
        return code


def usage(error: typer.TyperException) -> str:
    """Return what is wrong with a command line, and where its help is."""
    command = getattr(getattr(error, "ctx", None), "command_path", "steelyard")
    said = " ".join(error.format_message().split()).rstrip(".")
    return f"{said[:1].lower()}{said[1:]}; see {command} --help"


def _what(error: OSError) -> str:
    """Return what the system refused, in words."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{os.fspath(error.filename)!r}: {reason}" if error.filename else reason
