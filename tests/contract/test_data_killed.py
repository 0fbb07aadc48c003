"""Downloads as processes of their own: killed, on a full disk, and how much memory they take."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steelyard.data.manifest import read_manifest
from steelyard.domain.time import stamp
from steelyard.venues.standin.server import Served, serving
from tests.support.made_history import plain_archive

FIRST_MS = stamp(2024, 1, 1)
NOW_MS = stamp(2024, 2, 2, 10)
MOST_MB = 400
KILLS = 50


def words(folder: Path, where: Served, limit: int = 0) -> list[str]:
    numbers = (where.place, where.standin.now_ms(), stamp(2014, 1, 1), limit)
    module = "tests.support.download_once"
    return [sys.executable, "-m", module, str(folder), *map(str, numbers)]


def ran(folder: Path, where: Served, limit: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the words are the test's own
        words(folder, where, limit), capture_output=True, text=True, check=False
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.glob("*.parquet")}


@pytest.mark.slow
def test_a_download_that_is_killed_at_any_moment_ends_whole(tmp_path: Path) -> None:
    archive = plain_archive(FIRST_MS, NOW_MS)
    dice = np.random.default_rng(5)
    folder = tmp_path / "killed"
    with serving(archive) as where:
        undisturbed = ran(tmp_path / "whole", where)
        assert undisturbed.returncode == 0, undisturbed.stderr
        whole = contents(tmp_path / "whole")
        for _ in range(KILLS):
            process = subprocess.Popen(  # noqa: S603 - the words are the test's own
                words(folder, where), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(dice.uniform(0.4, 1.6))
            process.kill()
            finished = process.wait() == 0
            read_manifest(folder)
            there = contents(folder)

            # Whatever there is, is what an undisturbed download leaves.
            assert {name: whole[name] for name in there} == there
            if finished or len(there) == len(whole):
                shutil.rmtree(folder)
        done = ran(folder, where)

    assert done.returncode == 0, done.stderr
    assert contents(folder) == whole
    assert not list(folder.rglob("*.begun"))


def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    archive = plain_archive(FIRST_MS, NOW_MS)
    with serving(archive) as where:
        full = ran(tmp_path / "data", where, limit=12_000)
        there = contents(tmp_path / "data")
        left = list((tmp_path / "data").rglob("*.begun"))
        again = ran(tmp_path / "data", where)

    assert full.returncode == 2
    assert "cannot be written" in full.stderr
    assert "free some space" in full.stderr
    assert full.stderr.count("\n") == 1
    assert left == []
    assert all(pl.read_parquet(content).height for content in there.values())
    assert again.returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told by Linux")
def test_ten_years_take_little_memory(tmp_path: Path) -> None:
    archive = plain_archive(stamp(2014, 1, 1), stamp(2024, 1, 2, 10) + 120_000)
    with serving(archive) as where:
        done = ran(tmp_path / "data", where)
    frame = pl.read_parquet(tmp_path / "data" / "binance.spot.BTCUSDT.1h.parquet")

    assert done.returncode == 0, done.stderr
    # 3,653 days x 24, and the first day of 2024 with 10 hours of the second.
    assert frame.height == 3653 * 24 - 24 + 34
    assert int(done.stdout) < MOST_MB
