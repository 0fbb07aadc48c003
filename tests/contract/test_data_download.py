"""Downloads against the archives in small: whole and right, or refused by name."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steelyard.cli.bar import Bar
from steelyard.data.catalogue import open_market
from steelyard.data.coverage import covered, damaged
from steelyard.data.manifest import MANIFEST, ORIGINALS, read_manifest
from steelyard.data.sources import Span
from steelyard.domain.errors import RequestError, VenueBusy
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp
from steelyard.venues.catalogue import Request, download
from steelyard.venues.download import Outcome
from steelyard.venues.standin.archive import fill, put, put_raw, zipped
from steelyard.venues.standin.faults import Fault, Kind, banned, busy, empty, page
from steelyard.venues.standin.loopback import Place
from steelyard.venues.standin.server import Served, serving
from steelyard.venues.standin.world import Standin
from steelyard.venues.web import Patience
from tests.support.made_history import (
    CONTRACTS,
    dated,
    plain_archive,
    plain_bars,
    plain_funding,
    plain_metrics,
)
from tests.support.outside import QUICK, loopback_world, outside

FIRST_MS = stamp(2024, 1, 30)
NOW_MS = stamp(2024, 3, 2, 10) + 120_000
"""Two minutes after ten: the hours that have ended, end at ten."""
SPOT = "binance.spot.BTCUSDT.1h"
FUNDING = "binance.perp.BTCUSDT.funding"
INTEREST = "binance.perp.BTCUSDT.open_interest.1d"
EVERY_FILE = "data.binance.vision/*"
SPOT_FILE = "data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-02.zip"
INTEREST_FILE = "data/futures/um/daily/metrics/BTCUSDT/BTCUSDT-metrics-2024-02-10.zip"


@pytest.fixture
def archive() -> Standin:
    return plain_archive(FIRST_MS, NOW_MS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def fetched(
    folder: Path,
    where: Served,
    *,
    first_ms: int = stamp(2019, 1, 1),
    tiers: Path | None = None,
    patience: Patience = QUICK,
) -> Outcome:
    span = Span(first_ms, where.standin.now_ms())
    request = Request(assets=["BTC"], venue="binance", span=span, tiers=tiers)
    return asyncio.run(download(folder, request, outside(where, patience), Bar()))


def once(folder: Path, archive: Standin, fault: Fault | None = None) -> Outcome:
    with serving(archive) as where:
        where.faults += [fault] if fault else []
        return fetched(folder, where)


def refusals(outcome: Outcome) -> dict[str, str]:
    return {name: str(error) for name, error in outcome.refused.items()}


def read(folder: Path, series: str) -> pl.DataFrame:
    return pl.read_parquet(folder / f"{series}.parquet")


def opened(folder: Path, series: str = SPOT) -> list[float]:
    return read(folder, series)["open"].to_list()


def begun(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.name.endswith((".begun", ".trial", ".lock"))]


def test_a_download_is_a_catalogue_that_opens(folder: Path, archive: Standin) -> None:
    outcome = once(folder, archive)
    market = open_market(folder, asset="BTC")

    # 2 days of January, 29 of February, 1 day and 10 hours of March: 32 x 24 + 10 = 778 hours.
    assert outcome.refused == {}
    assert market.spot.open_ms.size == market.perp.open_ms.size == market.mark.open_ms.size == 778
    # Every 8 hours from 08:00 of the first day on: 32 x 3 and one at 08:00 of the last.
    assert market.funding.ms.size == 97
    assert set(market.series) == {"fear_greed", "implied_vol", "open_interest"}
    assert market.holes == ()
    assert begun(folder) == []


def test_the_second_download_fetches_nothing(folder: Path, archive: Standin) -> None:
    with serving(archive) as where:
        fetched(folder, where)
        before = where.asked(".zip")
        outcome = fetched(folder, where)

    assert (outcome.fetched, outcome.built, outcome.refused) == (0, [], {})
    assert where.asked(".zip") == before


def test_an_update_brings_what_came_since(folder: Path, archive: Standin) -> None:
    once(folder, archive)
    later = plain_archive(FIRST_MS, NOW_MS + 5 * HOUR_MS)
    outcome = once(folder, later)

    assert len(opened(folder)) == 778 + 5
    assert outcome.refused == {}


def test_what_rest_had_answered_gives_way_to_the_file_of_the_month(
    folder: Path, archive: Standin
) -> None:
    once(folder, archive)
    once(folder, plain_archive(FIRST_MS, stamp(2024, 4, 2) + 120_000))
    paths = read_manifest(folder).of_series(SPOT)

    assert [path.split("/")[0] for path in paths] == ["api.binance.com"] + 3 * [
        "data.binance.vision"
    ]
    assert len(opened(folder)) == (2 + 29 + 31 + 1) * 24


def test_the_manifest_tells_source_time_and_digest_of_every_original(
    folder: Path, archive: Standin
) -> None:
    once(folder, archive)
    told = json.loads((folder / MANIFEST).read_text())["files"]
    there = {
        one.relative_to(folder / ORIGINALS).as_posix()
        for one in (folder / ORIGINALS).rglob("*")
        if one.is_file()
    }

    assert set(told) == there
    assert all(one["url"].startswith("https://") and one["sha256"] for one in told.values())
    assert all(NOW_MS <= one["fetched_ms"] < NOW_MS + HOUR_MS for one in told.values())
    assert damaged(folder) == ()


def test_a_damaged_original_is_told_and_fetched_anew(folder: Path, archive: Standin) -> None:
    once(folder, archive)
    file = folder / ORIGINALS / "data.binance.vision" / SPOT_FILE
    file.write_bytes(file.read_bytes()[:-1])
    told = damaged(folder)
    outcome = once(folder, archive)

    assert told == (f"{file} is not as it was fetched; run steelyard data update",)
    assert outcome.refused == {}
    assert damaged(folder) == ()


def test_microseconds_and_a_lacking_header_change_nothing(folder: Path, archive: Standin) -> None:
    archive.header = False
    fill(archive)
    micro = plain_archive(FIRST_MS, NOW_MS)
    rows = zip(*_columns(micro), strict=True)
    lines = [f"{ms * 1000},{','.join(map(str, numbers[:5]))},0,1,1,0,0,0" for ms, numbers in rows]
    put(archive, SPOT_FILE, "\n".join(lines).encode())
    once(folder, archive)

    # The first hour of January is row 0, and opens at 100 + 0; the last of 778 at 100 + 777.
    assert opened(folder) == [100.0 + row for row in range(778)]


def _columns(archive: Standin) -> tuple[list[int], list[list[float]]]:
    history = archive.history["spot", "klines", "BTCUSDT"]
    inside = (history.ms >= stamp(2024, 2, 1)) & (history.ms < stamp(2024, 3, 1))
    return history.ms[inside].tolist(), history.rows[inside].tolist()


def test_a_month_that_the_archive_lacks_comes_from_rest(folder: Path, archive: Standin) -> None:
    del archive.files[SPOT_FILE]
    outcome = once(folder, archive)

    assert outcome.refused == {}
    assert opened(folder) == [100.0 + row for row in range(778)]


def test_a_month_that_nobody_has_is_a_gap_that_is_told(folder: Path, archive: Standin) -> None:
    # 20 days before now REST still has open interest, 40 days before it has none.
    del archive.files[INTEREST_FILE.replace("2024-02-10", "2024-01-31")]
    once(folder, archive)
    told = next(one for one in covered(folder) if one.series == INTEREST)

    # Without the file of the 31st its day is unknown; its midnight is in no other file.
    assert [(hole.start_ms, hole.count) for hole in told.holes] == [(stamp(2024, 1, 31), 1)]


def test_months_before_the_archive_begins_come_from_rest(folder: Path, archive: Standin) -> None:
    for key in [key for key in archive.files if key.startswith("data/spot") and "2024-01" in key]:
        del archive.files[key]
    once(folder, archive)

    assert len(opened(folder)) == 778


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda whole: whole[: len(whole) // 2], "is no whole zip"),
        (lambda _: zipped("../evil.csv", b"1"), "holds '../evil.csv', must hold"),
        (lambda _: zipped("ETHUSDT-1h-2024-02.csv", b"1"), "holds 'ETHUSDT-1h-2024-02.csv'"),
        (lambda _: b"", "is no whole zip"),
        (
            lambda _: zipped("BTCUSDT-1h-2024-02.csv", b"1704067200000,1,1,1,1,1,0,1,1,1,1,0"),
            "row 1 has the stamp 1704067200000, which lies outside of the time in its name",
        ),
        (
            lambda _: zipped("BTCUSDT-1h-2024-02.csv", b"1706745600000,1,1,1,1,x,0,1,1,1,1,0"),
            "volume is 'x', must be a number",
        ),
        (lambda _: zipped("BTCUSDT-1h-2024-02.csv", b"1706745600000,1,1"), "has 3 columns"),
        (
            lambda _: zipped(
                "BTCUSDT-1h-2024-02.csv",
                b"1706745600000,1,1,1,1,1,0,1,1,1,1,0\n1706745600000,2,2,2,2,1,0,1,1,1,1,0",
            ),
            "has two different rows for 2024-02-01",
        ),
        (
            lambda _: zipped("BTCUSDT-1h-2024-02.csv", b"1706745600000,1,1,2,1,1,0,1,1,1,1,0"),
            "high 1 is below low 2",
        ),
    ],
)
def test_a_broken_file_is_refused_by_name_and_its_series_left_alone(
    folder: Path, archive: Standin, content: object, said: str
) -> None:
    assert callable(content)
    put_raw(archive, SPOT_FILE, content(archive.files[SPOT_FILE]))
    outcome = once(folder, archive)

    assert list(outcome.refused) == [SPOT]
    assert said in refusals(outcome)[SPOT]
    assert not (folder / f"{SPOT}.parquet").exists()
    assert (folder / f"{FUNDING}.parquet").exists()
    assert begun(folder) == []


def test_a_wrong_checksum_is_refused_by_name(folder: Path, archive: Standin) -> None:
    archive.files[f"{SPOT_FILE}.CHECKSUM"] = f"{'0' * 64}  BTCUSDT-1h-2024-02.zip\n".encode()
    outcome = once(folder, archive)

    assert "its checksum file says 000000000000" in refusals(outcome)[SPOT]


def test_a_checksum_of_another_file_is_refused(folder: Path, archive: Standin) -> None:
    archive.files[f"{SPOT_FILE}.CHECKSUM"] = b"hello"
    outcome = once(folder, archive)

    assert "does not tell the sha256 of BTCUSDT-1h-2024-02.zip: 'hello'" in refusals(outcome)[SPOT]


def test_a_file_that_was_issued_anew_is_noticed(folder: Path, archive: Standin) -> None:
    once(folder, archive)
    lines = [
        f"{ms},{','.join(map(str, [*row[:4], 6.0]))},0,1,1,0,0,0"
        for ms, row in zip(*_columns(archive), strict=True)
    ]
    put(archive, SPOT_FILE, "\n".join(lines).encode())
    outcome = once(folder, archive)

    assert outcome.reissued == [f"data.binance.vision/{SPOT_FILE}"]
    assert outcome.built == [SPOT]
    # 29 days of February x 24 hours with a volume of 6 in place of 5.
    assert read(folder, SPOT)["volume"].to_list().count(6.0) == 29 * 24


def test_repeated_and_empty_rows_of_metrics_are_left_out(folder: Path, archive: Standin) -> None:
    def line(when: str, coins: str) -> str:
        return f"2024-02-{when}:00,BTCUSDT,{coins},1,1,1,1,1"

    lines = [
        "create_time,symbol,sum_open_interest,a,b,c,d,e",
        line("10 23:10", "7"),
        line("10 23:10", "7"),
        line("10 23:15", "8"),
        line("10 23:15", "9"),
        line("10 23:20", ""),
    ]
    put(archive, INTEREST_FILE, "\n".join(lines).encode())
    outcome = once(folder, archive)
    day = read(folder, INTEREST).filter(pl.col("ts") == pl.datetime(2024, 2, 10, time_zone="UTC"))

    # 23:20 is empty, 23:15 is 8 as well as 9: the last known value of the day is the 7 of 23:10.
    assert day["close"].to_list() == [7.0]
    assert outcome.refused == {}


def test_funding_that_went_from_8_to_4_to_1_hours_is_whole(folder: Path, archive: Standin) -> None:
    steps = [8] * 60 + [4] * 30 + [1] * 48
    ms = FIRST_MS + HOUR_MS * np.cumsum(steps)
    archive.history["um", "fundingRate", "BTCUSDT"] = plain_funding(ms, np.array(steps))
    fill(archive)
    once(folder, archive)
    frame = read(folder, FUNDING)
    market = open_market(folder, asset="BTC")

    # 60 x 8 + 30 x 4 + 48 x 1 = 648 hours end on 2024-02-26: all is in the archive.
    assert frame["interval_hours"].to_list() == steps
    assert market.holes == ()


def test_funding_of_the_current_month_has_the_interval_of_its_gaps(
    folder: Path, archive: Standin
) -> None:
    ms = np.arange(FIRST_MS + 8 * HOUR_MS, stamp(2024, 3, 1) + 1, 8 * HOUR_MS)
    tail = np.arange(stamp(2024, 3, 1, 4), NOW_MS, 4 * HOUR_MS)
    both = np.concatenate((ms, tail))
    archive.history["um", "fundingRate", "BTCUSDT"] = plain_funding(both, np.full(both.size, 8))
    fill(archive)
    once(folder, archive)

    # 00:00 of 1 March is the last after 8 hours; 04:00 to 08:00 of the 2nd are 8 of 4 hours.
    assert read(folder, FUNDING)["interval_hours"].to_list() == [8.0] * ms.size + [4.0] * 8


def test_one_settlement_with_two_jitters_is_one(folder: Path, archive: Standin) -> None:
    history = archive.history["um", "fundingRate", "BTCUSDT"]
    history.ms[::2] += 5
    with serving(archive) as where:
        fetched(folder, where, first_ms=stamp(2024, 2, 20))
        key = next(key for key in archive.files if "fundingRate-2024-02.zip" in key)
        february = archive.files.pop(key)
        once(folder, archive)
        archive.files[key] = february
        outcome = fetched(folder, where)

    # The archive says 5 ms more after every second hour than REST.
    assert outcome.refused == {}
    assert read(folder, FUNDING).height == 97


def test_coin_margined_volume_is_in_coins_and_interest_in_dollars(
    folder: Path, archive: Standin
) -> None:
    ms = archive.history["spot", "klines", "BTCUSDT"].ms
    bars = plain_bars(ms)
    bars.rows[:, 5] = 2.5
    archive.history["cm", "klines", "BTCUSD_PERP"] = bars
    archive.history["cm", "metrics", "BTCUSD_PERP"] = plain_metrics(FIRST_MS, NOW_MS)
    archive.history["cm", "klines", "BTCUSD_240329"] = bars
    archive.contracts = (*CONTRACTS, dated("BTCUSD_240329", "cm", stamp(2024, 3, 29, 8)))
    fill(archive)
    once(folder, archive)

    perp = read(folder, "binance_coinm.perp.BTCUSD.1h")
    # The sixth column says 5 contracts, the eighth 2.5 coins; March has not ended, so is of REST.
    assert (perp.height, set(perp["volume"])) == (778, {2.5})
    # Row 24, midnight after the first day: 1,000 + 23 contracts of 100 dollars.
    usd = read(folder, "binance_coinm.perp.BTCUSD.open_interest.1d")
    assert usd["close"].to_list()[0] == 102_300.0
    quarterly = read(folder, "binance_coinm.dated.BTCUSD_240329.1h")
    assert set(quarterly["expiry"].dt.epoch("ms")) == {stamp(2024, 3, 29, 8)}


@pytest.fixture
def coin_margined(archive: Standin) -> Standin:
    """Return the archives with all that an account with coin-margined futures needs."""
    bars = plain_bars(archive.history["um", "klines", "BTCUSDT"].ms)
    archive.history["cm", "klines", "BTCUSD_PERP"] = bars
    archive.history["cm", "markPriceKlines", "BTCUSD_PERP"] = bars
    settled = archive.history["um", "fundingRate", "BTCUSDT"]
    archive.history["cm", "fundingRate", "BTCUSD_PERP"] = settled
    archive.history["cm", "metrics", "BTCUSD_PERP"] = plain_metrics(FIRST_MS, NOW_MS)
    fill(archive)
    return archive


def test_a_download_opens_with_coin_margined_futures(folder: Path, coin_margined: Standin) -> None:
    outcome = once(folder, coin_margined)
    market = open_market(folder, asset="BTC", futures="inverse")

    assert outcome.refused == {}
    assert market.has_futures
    assert (market.futures, market.facts.lot_perp, market.facts.fee_perp) == ("inverse", 100, 5e-4)
    # One rung of what exchangeInfo states.
    assert market.tiers.rate.tolist() == [0.025]
    assert "not the venue's ladder" in market.tiers_source


def test_a_margin_of_theirs_that_is_not_told_is_refused(
    folder: Path, coin_margined: Standin
) -> None:
    outcome = once(folder, coin_margined, busy("dapi.binance.com/*exchangeInfo*", times=None))

    assert "binance.facts of BTCUSD_PERP" in refusals(outcome)
    assert not open_market(folder, asset="BTC", futures="inverse").has_futures


def test_a_dated_contract_ends_with_its_expiry(folder: Path, archive: Standin) -> None:
    until = archive.history["spot", "klines", "BTCUSDT"].ms
    archive.contracts = (*CONTRACTS, dated("BTCUSDT_240301", "um", stamp(2024, 3, 1, 8)))
    archive.history["um", "klines", "BTCUSDT_240301"] = plain_bars(
        until[until < stamp(2024, 3, 1, 8)]
    )
    fill(archive)
    outcome = once(folder, archive)
    frame = read(folder, "binance.dated.BTCUSDT_240301.1h")

    assert outcome.refused == {}
    # 31 days and the 8 hours until 08:00 of 1 March.
    assert frame.height == 31 * 24 + 8
    assert "basis_apr" in open_market(folder, asset="BTC").series


def test_an_unfinished_hour_or_day_is_never_kept(folder: Path) -> None:
    archive = plain_archive(FIRST_MS, NOW_MS + HOUR_MS)
    archive.now_ms = lambda: NOW_MS + HOUR_MS // 2
    fill(archive)
    once(folder, archive)
    last = read(folder, SPOT)["ts"].dt.epoch("ms").to_list()[-1]
    day = read(folder, "alternative.fear_greed.1d")["ts"].dt.epoch("ms").to_list()[-1]

    # It is 10:32: the hour from 9 on is the last that has ended, and Friday the last day.
    assert last == stamp(2024, 3, 2, 9)
    assert day == stamp(2024, 3, 1)


def test_a_clock_that_is_ahead_takes_no_unfinished_hour_for_an_ended_one(folder: Path) -> None:
    archive = plain_archive(FIRST_MS, NOW_MS)
    archive.now_ms = lambda: stamp(2024, 3, 2, 10) - 1_000
    fill(archive)
    with serving(archive) as where:
        request = Request(assets=["BTC"], venue="binance", span=Span(FIRST_MS, NOW_MS))
        world = loopback_world(where.place, NOW_MS - 90_000)
        asyncio.run(download(folder, request, world, Bar()))

    # At the venue it is a second to ten, here 30 s past: the hour from nine on is not over.
    assert read(folder, SPOT)["ts"].dt.epoch("ms").to_list()[-1] == stamp(2024, 3, 2, 8)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=Kind.RESET, every=10),
        Fault(kind=Kind.SHORT, every=10),
        Fault(status=500, every=10),
        Fault(status=502, body=b"<html>x", every=10),
    ],
)
def test_what_fails_at_every_tenth_request_is_asked_again(
    folder: Path, archive: Standin, fault: Fault
) -> None:
    # One at a time: what is asked again comes next, and two in a row are never both a tenth.
    patience = replace(QUICK, tries=2, connections=1)

    with serving(archive) as where:
        where.faults.append(fault)
        outcome = fetched(folder, where, patience=patience)

    assert outcome.refused == {}
    assert len(opened(folder)) == 778
    assert fault.done > 20


def test_a_pause_that_is_asked_for_is_kept(folder: Path, archive: Standin) -> None:
    with serving(archive) as where:
        where.faults.append(busy("data.binance.vision/*", retry_after="1"))
        outcome = fetched(folder, where)
        moments = [at for at, one in where.log if one.host == "data.binance.vision"]
    late = [moment for moment in moments if moment - moments[0] >= 0.9]

    assert outcome.refused == {}
    # Three more may have been under way; every other waits for a second.
    assert len(moments) - len(late) <= 4


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (banned(EVERY_FILE, retry_after="0"), "asks for a pause of 0 s (status 418)"),
        (Fault(at=EVERY_FILE, status=500), "answers with status 500"),
        (Fault(at=EVERY_FILE, status=451), "refuses to answer (status 451)"),
        (page(EVERY_FILE), "answers with a web page"),
    ],
)
def test_a_host_that_stays_broken_is_refused_by_name(
    folder: Path, archive: Standin, fault: Fault, said: str
) -> None:
    outcome = once(folder, archive, fault)

    assert f"data.binance.vision {said}" in refusals(outcome)[SPOT]
    # What comes from elsewhere is there all the same.
    assert (folder / "deribit.BTC.dvol.1d.parquet").exists()


def test_a_venue_in_maintenance_is_refused(folder: Path, archive: Standin) -> None:
    outcome = once(folder, archive, empty("api.binance.com/api/v3/klines", skip=2))

    assert (
        "binance BTCUSDT hourly bars: the venue answers with nothing between 2024-03-01 and "
        "2024-03-02 10:00 UTC; it is in maintenance" in refusals(outcome)[SPOT]
    )


@pytest.mark.parametrize("host", ["www.deribit.com", "api.alternative.me", "api.binance.com"])
def test_json_of_another_shape_is_refused(folder: Path, archive: Standin, host: str) -> None:
    outcome = once(folder, archive, Fault(at=f"{host}/*", body=b'{"error": {"code": 1}}'))

    assert outcome.refused
    assert all(
        "answers with something else than was asked for" in why
        for why in refusals(outcome).values()
    )


def test_tiers_of_ones_own_are_used(folder: Path, archive: Standin, tmp_path: Path) -> None:
    file = tmp_path / "tiers.json"
    rungs = [
        {"notionalFloor": 0, "notionalCap": 300000, "maintMarginRatio": 0.004, "cum": 0},
        {"notionalFloor": 300000, "notionalCap": 800000, "maintMarginRatio": 0.005, "cum": 300},
    ]
    file.write_text(json.dumps([{"symbol": "BTCUSDT", "brackets": rungs}]))
    with serving(archive) as where:
        fetched(folder, where)
        once_only = open_market(folder, asset="BTC")
        fetched(folder, where, tiers=file)
    market = open_market(folder, asset="BTC")

    # exchangeInfo says 2.5 percent.
    assert once_only.tiers.rate.tolist() == [0.025]
    assert "one rung of 2.50% from exchangeInfo" in once_only.tiers_source
    assert market.tiers.rate.tolist() == [0.004, 0.005]
    assert "supplied in" in market.tiers_source


def test_contract_facts_of_the_day_are_used(folder: Path, archive: Standin) -> None:
    once(folder, archive)
    facts = open_market(folder, asset="BTC").facts

    assert (facts.lot_spot, facts.lot_perp, facts.min_perp) == (0.00001, 0.001, 100.0)
    assert "exchangeInfo of binance, 2024-03-02" in facts.source


@pytest.fixture
def nobody() -> Iterator[Served]:
    """Return a server that is not there: nothing listens at its port."""
    with serving(Standin(now_ms=lambda: NOW_MS)) as where:
        yield Served(where.standin, Place(1, where.place.ca))


def test_without_a_network_nothing_is_left_behind(folder: Path, nobody: Served) -> None:
    with pytest.raises(VenueBusy, match=r"cannot be reached .*; check the network and run"):
        fetched(folder, nobody)

    assert not folder.exists()


def test_another_venue_is_refused(folder: Path, nobody: Served) -> None:
    request = Request(assets=["BTC"], venue="weex", span=Span(0, DAY_MS))
    with pytest.raises(RequestError, match="no archive of venue weex is known; there are binance"):
        asyncio.run(download(folder, request, outside(nobody), Bar()))
