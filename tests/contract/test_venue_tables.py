"""The tables of differences: whole, in agreement with ccxt, and shown by ``steelyard venues``."""

import json

import ccxt.async_support as library
import pytest

from steelyard.cli.outside import now_ms
from steelyard.venues.instruments import Segment
from steelyard.venues.profile import SEGMENT_OF, Feature, Profile
from steelyard.venues.profiles import PROFILES
from steelyard.venues.standin import faults
from steelyard.venues.standin.invented import invented_world
from steelyard.venues.standin.server import serving
from tests.support.commands import process, ran, refused

EIGHT = ("binance", "bybit", "bingx", "weex", "mexc", "bitget", "okx", "deribit")
HAS = {
    Feature.BARS: "fetchOHLCV",
    Feature.FUNDING: "fetchFundingRateHistory",
    Feature.FUNDING_NOW: "fetchFundingRate",
    Feature.OPEN_INTEREST: "fetchOpenInterestHistory",
}
OTHERWISE = {("weex", Feature.FUNDING_NOW)}
"""ccxt has the rates of all symbols there, and not of one."""

profiles = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))


def test_there_are_eight_venues() -> None:
    names = tuple(PROFILES)

    assert names == EIGHT


@profiles
def test_a_venue_has_each_feature_or_says_why_not(profile: Profile) -> None:
    silent = [one for one in Feature if not profile.can(one) and not profile.lacks.get(one)]
    partly = [
        one
        for one in (*list(Feature)[4:8], *list(Feature)[9:12])
        if profile.can(one)
        and not {segment for segment in profile.quotes if segment is not Segment.SPOT}
        <= set(profile.segments(one))
    ]

    assert silent == []
    assert all(profile.lacks.get(one) for one in partly)


@profiles
def test_every_endpoint_is_one_of_ccxt(profile: Profile) -> None:
    known = getattr(library, profile.library)
    calls = {endpoint.call for endpoint in profile.history.values()}
    calls |= {look.call for looks in profile.now.values() for look in looks}

    assert [call for call in sorted(calls) if not hasattr(known, call)] == []


@profiles
def test_a_table_claims_what_ccxt_claims(profile: Profile) -> None:
    has = getattr(library, profile.library)().has
    differing = [
        feature
        for feature, name in HAS.items()
        if bool(has.get(name)) != profile.can(feature) and (profile.name, feature) not in OTHERWISE
    ]

    assert differing == []


@profiles
def test_every_segment_that_is_read_has_a_currency(profile: Profile) -> None:
    read = {segment for _, segment in (*profile.history, *profile.now)} - {Segment.INDEX}

    assert read <= set(profile.quotes)
    assert all(profile.can(feature) for feature, one in SEGMENT_OF.items() if one in read)


def test_the_command_draws_a_table_with_reasons() -> None:
    lines = ran("venues").stdout.splitlines()
    interest = next(line for line in lines if line.startswith("open interest of the past"))

    assert lines[0].split() == list(EIGHT)
    assert interest.split()[5:] == ["y", "y", "-", "-", "-", "-", "y", "-"]
    assert any(
        line.startswith("open interest of the past, BingX, WEEX, MEXC, Bitget, Deribit: it ")
        for line in lines
    )


def test_the_command_is_a_document_too() -> None:
    document = json.loads(ran("venues", "deribit", "--json").stdout)
    (one,) = document["venues"]

    assert one["venue"] == "deribit"
    assert one["features"]["volatility"] == {"can": True, "reason": ""}
    assert one["features"]["open_interest"]["can"] is False


def test_an_unknown_venue_is_refused_with_the_nearest() -> None:
    line = refused("venues", "binanse")

    assert "there are binance, bybit" in line
    assert line.endswith("did you mean binance?")


def test_a_probe_tries_everything_and_tells_what_failed() -> None:
    with serving(invented_world(now_ms)) as where:
        environment = {"STEELYARD_WORLD": str(where.place)}
        fine = process("venues", "bybit", "--probe", environment=environment)
        where.faults.append(faults.page("*/funding/history", status=404))
        broken = process("venues", "bybit", "--probe", environment=environment)

    assert (fine.returncode, broken.returncode) == (0, 1), fine.stdout + fine.stderr
    assert "settled funding, Bybit: Bybit (publicGetV5MarketFundingHistory)" in broken.stdout
