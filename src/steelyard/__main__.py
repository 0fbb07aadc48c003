"""This file is what ``python -m steelyard`` runs: the command."""

from steelyard.cli.main import app

if __name__ == "__main__":
    app(prog_name="steelyard")
