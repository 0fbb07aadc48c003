"""This file holds the command reference against the commands."""

from pathlib import Path

from steelyard.cli.reference import reference


def test_the_command_reference_is_what_the_commands_say() -> None:
    stored = Path(__file__).resolve().parents[2] / "docs" / "cli.md"

    assert stored.read_text(encoding="utf-8") == reference()
