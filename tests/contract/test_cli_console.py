"""This file proves that progress is shown on a terminal only, and leaves no trace there."""

import io
import time

import pytest

from steelyard.cli import console


class Terminal(io.StringIO):
    """What is written to a terminal."""

    def isatty(self) -> bool:
        return True


def test_nothing_moves_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(console, "PATIENCE", 0.001)

    with console.waiting("Reading BTC"):
        time.sleep(0.05)

    assert stream.getvalue() == ""


def test_a_terminal_is_told_what_goes_on_and_wiped_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(console, "PATIENCE", 0.01)

    with console.waiting("Reading BTC"):
        while "2 s" not in stream.getvalue():
            time.sleep(0.005)

    assert stream.getvalue().startswith("\rReading BTC: 1 s \rReading BTC: 2 s ")
    assert stream.getvalue().endswith("\r\x1b[K")


def test_what_is_quickly_done_is_not_spoken_of(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)

    with console.waiting("Reading BTC"):
        pass

    assert stream.getvalue() == ""


def test_a_terminal_is_left_clean_by_a_refusal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(console, "PATIENCE", 0.01)

    def interrupted() -> None:
        with console.waiting("Reading BTC"):
            while "1 s" not in stream.getvalue():
                time.sleep(0.005)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert stream.getvalue().endswith("\r\x1b[K")
