"""The stand-in as a command: a process that downloads can be pointed at, and that goes quietly."""

import asyncio
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from steelyard.cli.bar import Bar
from steelyard.data.catalogue import open_market
from steelyard.data.sources import Span
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp, text
from steelyard.venues.catalogue import Request, download
from steelyard.venues.standin.held import held_world
from steelyard.venues.standin.invented import invented_world
from steelyard.venues.standin.server import real_ms, serving
from tests.support import catalogues as made
from tests.support.commands import one_line, process, ran, refused, words_of
from tests.support.outside import outside
from tests.support.standins import document

SCREEN = 24
LATER_MS = stamp(2020, 2, 20)
"""After the four days of the small catalogue, in the month after theirs."""


@contextmanager
def running() -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run the command until the end of the block; yield it and what it printed."""
    with subprocess.Popen(  # noqa: S603 - the words are the test's own
        words_of("fakevenue"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as alone:
        try:
            assert alone.stdout is not None
            lines = [alone.stdout.readline()]
            while lines[-1] and "-X DELETE" not in lines[-1]:
                lines.append(alone.stdout.readline())
            yield alone, lines
        finally:
            alone.kill()


def test_a_download_from_the_command_is_a_catalogue_that_opens(tmp_path: Path) -> None:
    day = text(real_ms() // DAY_MS * DAY_MS - 40 * DAY_MS)
    data = tmp_path / "data"
    asked = ("data", "download", "BTC", "SOL", "--data", data, "--from", day)
    with running() as (alone, lines):
        found = re.search(r"export (STEELYARD_WORLD)=(\S+)", "".join(lines))
        assert found, lines
        done = process(*asked, environment={found[1]: found[2]})
        alone.send_signal(signal.SIGINT)
        _, complaints = alone.communicate()
        code = alone.returncode
    market = open_market(data, asset="BTC")

    assert done.returncode == 0, done.stderr
    assert "every request goes to the stand-in" in one_line(done.stderr)
    assert len(lines) <= SCREEN
    assert (code, complaints) == (0, "")
    assert not Path(found[2].split(":")[2]).parent.exists()
    assert market.holes == ()
    assert market.start_ms <= stamp(*map(int, day.split("-"))) < market.end_ms
    assert "basis_apr" in market.series


@pytest.mark.parametrize(
    "now_ms",
    [
        stamp(2026, 3, 1) + 120_000,  # the first minutes of a month
        stamp(2026, 3, 27, 8) + 120_000,  # a contract has just been delivered
        stamp(2027, 1, 1, 1) - 1,  # an hour has all but ended
    ],
)
def test_the_invented_world_can_be_downloaded_at_any_time(tmp_path: Path, now_ms: int) -> None:
    span = Span(now_ms - 40 * DAY_MS, now_ms)
    request = Request(assets=["BTC", "SOL"], venue="binance", span=span)
    with serving(invented_world(lambda: now_ms)) as where:
        outcome = asyncio.run(download(tmp_path, request, outside(where), Bar()))
    market = open_market(tmp_path, asset="BTC")

    assert outcome.refused == {}
    assert market.holes == ()
    # What ended less than a minute ago is not taken yet.
    assert market.end_ms == (now_ms - 60_000) // HOUR_MS * HOUR_MS


def test_a_catalogue_is_shown_as_it_is(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    made.write_catalogue(there)
    made.replace(there, "binance.perp.BTCUSDT.open_interest.1d", made.daily([9.0, 8.0, 7.0, 6.0]))
    mood = made.daily([20.0, 30.0, 40.0, 50.0]).rename({"close": "value"})
    made.replace(there, "alternative.fear_greed.1d", mood)
    span = Span(stamp(2020, 1, 1), LATER_MS)
    request = Request(assets=["BTC"], venue="binance", span=span)
    with serving(held_world(there, lambda: LATER_MS)) as where:
        outcome = asyncio.run(download(tmp_path / "copy", request, outside(where), Bar()))

    assert outcome.refused == {}
    for name in (made.SPOT, made.PERP, made.MARK, "binance.perp.BTCUSDT.open_interest.1d"):
        one, other = (
            pl.read_parquet(tmp_path / at / f"{name}.parquet") for at in ("there", "copy")
        )

        assert other.select(one.columns).equals(one), name
    funding = pl.read_parquet(tmp_path / "copy" / f"{made.FUNDING}.parquet")
    assert funding["rate"].to_list() == [0.0001] * 12


def test_the_volatility_of_a_day_is_that_of_its_hours(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, made.IMPLIED_VOL, made.daily([50.5, 51.0, 52.0, 53.0]))
    standin = held_world(tmp_path, lambda: LATER_MS)
    asked = f"currency=BTC&resolution=3600&start_timestamp=0&end_timestamp={LATER_MS}"
    host = "https://www.deribit.com/api/v2/public"
    told = document(standin, f"{host}/get_volatility_index_data?{asked}")
    assert isinstance(told, dict)
    assert isinstance(told["result"], dict)
    rows = told["result"]["data"]
    assert isinstance(rows, list)

    assert len(rows) == 4 * 24
    assert rows[0] == [stamp(2020, 1, 1), 50.5, 50.5, 50.5, 50.5]
    assert rows[24] == [stamp(2020, 1, 2), 51.0, 51.0, 51.0, 51.0]


def test_after_the_last_row_the_venue_stands_still(tmp_path: Path) -> None:
    standin = held_world(made.write_catalogue(tmp_path), lambda: LATER_MS)
    told = {
        what: document(standin, f"https://fapi.binance.com/fapi/v1/{what}?symbol=BTCUSDT")
        for what in ("ticker/24hr", "exchangeInfo")
    }
    day, listing = told["ticker/24hr"], told["exchangeInfo"]
    assert isinstance(day, dict)

    # The last of 96 hours opened at 195 and closed at 196; whole prices have one decimal here.
    prices = {day[name] for name in ("openPrice", "highPrice", "lowPrice", "lastPrice")}
    assert (prices, day["volume"], day["weightedAvgPrice"]) == ({"196.0"}, "0.000", "196.00000000")
    # The shipped facts of BTCUSDT: steps of 0.001 coins, orders of 100 and more.
    assert '"stepSize": "0.001"' in json.dumps(listing)
    assert '"notional": "100"' in json.dumps(listing)


def test_a_folder_without_a_whole_asset_is_refused(tmp_path: Path) -> None:
    said = refused("fakevenue", "--data", tmp_path, code=3)

    assert "holds no asset of binance that is complete" in said


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = refused("fakevenue", "--port", str(taken.getsockname()[1]))

    assert "choose another with --port" in said


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "aiohttp" else 1)

    assert "needs aiohttp to be installed; install steelyard with its extra" in refused("fakevenue")


def test_a_wrong_place_in_the_environment_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "STEELYARD_WORLD", "example.com:443:ca.pem")
    said = refused("data", "download", "BTC", "--data", tmp_path / "data")

    assert "STEELYARD_WORLD is 'example.com:443:ca.pem', must be 127.0.0.1:PORT:CA_FILE" in said
    assert not (tmp_path / "data").exists()


def test_the_help_says_how_it_ends() -> None:
    assert "Ctrl-C" in ran("fakevenue", "--help").stdout
