"""This file proves how the command behaves as a process: streams, signals, disks, the first run."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import catalogues as made
from tests.support.commands import one_line, process, words_of

HEAVY = ("numba", "numpy", "polars", "jinja2", "talib", "rich")
FULL = Path("/dev/full")

needs_full_device = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Return a folder with four days of everything that an account needs."""
    folder = tmp_path / "data"
    folder.mkdir()
    return made.write_catalogue(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of 64 kB, which a page does not fit on."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:  # noqa: S603
        pytest.skip("this system lets nobody mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)  # noqa: S603, S607


@pytest.mark.parametrize("words", [("--help",), ("backtest", "--help"), ("--version",)])
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    done = process(*words, environment={"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}

    assert done.returncode == 0
    assert "typer" in imported
    assert imported.isdisjoint(HEAVY)


def test_the_help_of_all_commands_does_without_what_typer_reads_options_with() -> None:
    done = process("--help", environment={"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}

    # typer itself imports pydantic as soon as a command has options to read.
    assert "pydantic" not in imported


@needs_full_device
@pytest.mark.parametrize("words", [("policies",), ("--help",), ("--version",), ("demo", "--help")])
def test_a_full_standard_output_is_one_line_and_exit_code_2(words: tuple[str, ...]) -> None:
    with FULL.open("w", encoding="utf-8") as full:
        done = process(*words, stdout=full.fileno())

    assert done.returncode == 2
    assert "No space left on device" in one_line(done.stderr)


@needs_full_device
def test_a_complaint_that_nobody_can_read_keeps_its_exit_code() -> None:
    with FULL.open("w", encoding="utf-8") as full:
        done = subprocess.run(  # noqa: S603 - our own command
            words_of("policies", "show", "nobody"), stdout=subprocess.PIPE, stderr=full, check=False
        )

    assert (done.returncode, done.stdout) == (2, b"")


def test_a_reader_that_goes_away_ends_the_command_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = process("policies", "show", "article", stdout=writing)
    os.close(writing)

    # 128 + 13, the number of SIGPIPE
    assert (done.returncode, done.stderr) == (141, "")


def test_a_corrupt_file_is_one_line_even_where_the_reader_panics(catalogue: Path) -> None:
    # polars is written in Rust; what it prints by itself does not pass through Python.
    file = catalogue / f"{made.SPOT}.parquet"
    content = file.read_bytes()
    file.write_bytes(content[:60] + bytes(200) + content[260:])

    done = process("backtest", "hold", "--data", catalogue, "--asset", "BTC")

    assert (done.returncode, done.stdout) == (3, "")
    assert made.SPOT in one_line(done.stderr)


def test_a_disk_that_fills_up_while_the_result_is_written_leaves_nothing(
    catalogue: Path, small_disk: Path
) -> None:
    words = ("backtest", "hold", "--data", catalogue, "--asset", "BTC")
    process(*words)  # what compiles, compiles now, and says so here

    done = process(*words, "--out", small_disk / "new" / "out")

    assert (done.returncode, done.stdout) == (2, "")
    assert "the disk is full: nothing was written to" in one_line(done.stderr)
    assert list(small_disk.iterdir()) == []


def test_a_disk_that_is_full_is_refused_before_the_work(small_disk: Path) -> None:
    (small_disk / "all").write_bytes(bytes(64 * 1024))

    done = process("demo", "--out", small_disk / "out", "--json")

    assert (done.returncode, done.stdout) == (2, "")
    assert f"the disk of {small_disk / 'out'} is full" in one_line(done.stderr)
    assert [path.name for path in small_disk.iterdir()] == ["all"]


def test_a_folder_that_may_not_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    if os.geteuid() == 0:
        pytest.skip("nothing is locked for root")

    done = process("demo", "--out", locked / "out")

    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be written: Permission denied; choose another" in one_line(done.stderr)
    assert list(locked.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="this system has no /proc")
@pytest.mark.parametrize("out", ["/proc", "/proc/out/below"])
def test_a_folder_where_nobody_can_write_is_refused_before_the_work(out: str) -> None:
    # Nobody makes files in /proc, not even root.
    done = process("demo", "--out", out)

    assert (done.returncode, done.stdout) == (2, "")
    assert one_line(done.stderr).startswith(f"{out} cannot be written: ")


@pytest.mark.slow
def test_the_first_compile_is_announced_and_an_interrupt_ends_it_quietly(tmp_path: Path) -> None:
    out = tmp_path / "out"
    running = subprocess.Popen(  # noqa: S603 - our own command
        words_of("demo", "--out", out),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "STEELYARD_CACHE": str(tmp_path / "cache")},
    )
    assert running.stderr is not None
    announced = running.stderr.readline()
    running.send_signal(signal.SIGINT)
    answer, complaint = running.communicate(timeout=60)

    assert announced.startswith("Compiling ")
    assert "once" in announced
    # 128 + 2, the number of SIGINT
    assert (running.returncode, answer, complaint) == (130, "", "")
    assert not out.exists()


def test_a_run_that_is_compiled_already_says_nothing_of_it(catalogue: Path) -> None:
    words = ("backtest", "hold", "--data", catalogue, "--asset", "BTC", "--json")
    process(*words)

    done = process(*words)

    assert (done.returncode, done.stderr) == (0, "")
