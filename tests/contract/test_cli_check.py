"""This file proves what ``steelyard check`` prints with data, in text and as a document."""

import json
from pathlib import Path

import pytest

from tests.support import catalogues as made
from tests.support.commands import ran
from tests.support.policy_files import trigger, written
from tests.support.shapes import Json, departures

SHAPE: Json = {
    "kind": "str",
    "id": "str",
    "sentence": "str",
    "moment": "stamp or null",
    "count": "int or null",
}
MARKET: Json = {
    "asset": "str",
    "is_synthetic": "any",
    "start": "stamp",
    "end": "stamp",
    "triggers": ["any"],
    "regimes": ["any"],
    "cuts": ["stamp"],
    "findings": [SHAPE],
    "remarks": [SHAPE],
    "evidence": [
        {
            "kind": "str",
            "id": "str",
            "when": "str",
            "while_active": ["str"],
            "unanswered": "str or null",
            "known_days": "int",
            "first": "stamp or null",
            "last": "stamp or null",
            "true_days": "int",
            "confirmed_days": "int",
            "per_year": "float or null",
            "is_few": "any",
            "outcomes": [
                {
                    "days": "int",
                    "followed": "int",
                    "mean": "float or null",
                    "mean_true_days": "float or null",
                    "low": "float or null",
                    "high": "float or null",
                    "any_day": "float or null",
                }
            ],
            "episodes": [
                {
                    "first": "stamp",
                    "last": "stamp",
                    "days": "int",
                    "returns": ["float or null"],
                }
            ],
        }
    ],
}
PROFILE: Json = {
    "asked": "int",
    "computed": "int",
    "seconds": "float",
    "expressions": [
        {"text": "str", "grid": "str", "asked": "int", "computed": "int", "seconds": "float"}
    ],
    "policies": [{"name": "str", "asked": "int", "computed": "int", "seconds": "float"}],
}
EVIDENCE = {
    "kind": "trigger",
    "id": "one",
    "when": "360 < close < 370",
    "unanswered": None,
    "known_days": 45,
    "first": "2020-01-01T00:00:00Z",
    "last": "2020-02-14T00:00:00Z",
    "true_days": 1,
    "confirmed_days": 1,
    "per_year": 365.25 / 45,
    "is_few": True,
}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with 45 days whose day i opens at 100 + 24 i and closes at 124 + 24 i."""
    return made.write_catalogue(tmp_path_factory.mktemp("catalogue"), hours=24 * 45)


def words_of(folder: Path, catalogue: Path, body: str, *more: str) -> tuple[str | Path, ...]:
    return ("check", written(folder, body), "--data", catalogue, "--asset", "BTC", *more)


def test_the_document_holds_findings_remarks_and_evidence(tmp_path: Path, catalogue: Path) -> None:
    # Day 10 closes at 364: one day, followed to the close of day 17 (532) from an open of 364.
    words = words_of(tmp_path, catalogue, trigger("360 < close < 370"), "--json")

    document = json.loads(ran(*words).stdout)
    market = document["market"]
    (row,) = market["evidence"]
    outcomes, episodes, besides = (row.pop(key) for key in ("outcomes", "episodes", "while_active"))

    assert (market["findings"], market["remarks"], document["profile"]) == ([], [], None)
    assert (row, besides) == (pytest.approx(EVIDENCE), [])
    assert outcomes[0]["mean"] == pytest.approx(532 / 364 - 1)
    # The history has 34 days more, and the 30th of them closes at 124 + 24 x 40.
    assert episodes == [
        {
            "first": "2020-01-11T00:00:00Z",
            "last": "2020-01-11T00:00:00Z",
            "days": 1,
            "returns": pytest.approx([532 / 364 - 1, 1084 / 364 - 1]),
        }
    ]


def test_a_finding_ends_with_1_and_a_remark_with_0(tmp_path: Path, catalogue: Path) -> None:
    never = words_of(tmp_path, catalogue, trigger("close < 1"), "--json")
    found = ran(*never)
    lasting = words_of(tmp_path, catalogue, trigger("close > 840"), "--json")
    remarked = ran(*lasting)

    (finding,) = json.loads(found.stdout)["market"]["findings"]
    (remark,) = json.loads(remarked.stdout)["market"]["remarks"]
    assert (found.exit_code, remarked.exit_code) == (1, 0)
    assert (finding["kind"], remark["kind"]) == ("never", "open")
    # Day 30 closes at 844; the moment is its end.
    assert (remark["moment"], remark["count"]) == ("2020-02-01T00:00:00Z", 14)


def test_the_text_shows_the_first_remarks_and_counts_the_others(
    tmp_path: Path, catalogue: Path
) -> None:
    # Four regimes that are confirmed at once overlap in six pairs, and the safest never ends.
    body = "".join(
        f"\n[[regimes]]\nid = '{name}'\nwhen = 'close > 840'\nspot = 0.5\nfutures = 0.0\n"
        for name in ("a", "b", "c", "d")
    )
    words = words_of(tmp_path, catalogue, body)

    said, document = ran(*words).stdout, json.loads(ran(*words, "--json").stdout)

    assert len(document["market"]["remarks"]) == 7
    assert said.count("\n- ") == 6
    assert "- and 2 more remarks: see --json." in said
    assert "3 findings, 7 remarks" in " ".join(said.split())


def test_a_lacking_series_is_a_finding_and_the_rest_is_counted(
    tmp_path: Path, catalogue: Path
) -> None:
    words = words_of(tmp_path, catalogue, trigger("change(open_interest, 7) > 0.15"))

    done, document = ran(*words), json.loads(ran(*words, "--json").stdout)

    (finding,) = document["market"]["findings"]
    assert (done.exit_code, done.stderr) == (1, "")
    assert (finding["kind"], finding["moment"]) == ("missing_series", None)
    assert "binance.perp.BTCUSDT.open_interest.1d.parquet" in done.stdout
    assert document["market"]["evidence"][0]["unanswered"] == "reads a series that the data lacks"
    assert document["market"]["regimes"] == []


@pytest.mark.parametrize("option", ["--profile", "--episodes"])
def test_a_lacking_series_does_not_stop_the_other_parts(
    tmp_path: Path, catalogue: Path, option: str
) -> None:
    done = ran(*words_of(tmp_path, catalogue, trigger("open_interest > 1"), option))

    assert (done.exit_code, done.stderr) == (1, "")


def test_the_text_is_a_table_within_80_columns(tmp_path: Path, catalogue: Path) -> None:
    body = trigger("360 < close < 370").replace("'one'", "'a_name_that_is_longer_than_the_table'")

    done = ran(*words_of(tmp_path, catalogue, body))

    rows = [line for line in done.stdout.splitlines() if line.startswith("a_name")]
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    # 2.2 % of 45 days, once, 8.1 times in 365.25 days, +46.2 % after 7 days and +197.8 % after 30.
    assert rows[-1].split()[1:5] == ["2.2", "1", "8.1", "+46.2"]
    assert "+197.8" in rows[-1]
    assert "Below 30 times proves nothing; see each with --episodes." in " ".join(
        done.stdout.split()
    )


def test_episodes_are_listed_when_asked_for(tmp_path: Path, catalogue: Path) -> None:
    body = "\n[define]\nhigh_close = 'close > 1080'\n" + trigger("360 < close < 370 or high_close")
    words = words_of(tmp_path, catalogue, body)

    plain, listed = ran(*words), ran(*words, "--episodes")

    assert "2020-01-11 to 2020-01-11" not in plain.stdout
    assert listed.stdout.startswith(plain.stdout.rstrip())
    assert "trigger one: 2 times, confirmed on 13.3 % of 45 days" in listed.stdout
    assert "  2020-01-11 to 2020-01-11   1 day  7 d +46.2 %  30 d +197.8 %" in listed.stdout
    # Day 40 closes at 1084; nothing follows within the history.
    assert f"  2020-02-10 to 2020-02-14  5 days{'7 d -':>13}{'30 d -':>15}" in listed.stdout
    assert "define high_close: 1 time, confirmed on 11.1 % of 45 days" in listed.stdout


def test_a_profile_shows_that_nothing_is_worked_out_twice(tmp_path: Path, catalogue: Path) -> None:
    body = trigger("close > sma(5)") + trigger("close > 2 * sma(5)").replace("'one'", "'two'")
    words = words_of(tmp_path, catalogue, body, "--profile")

    done, document = ran(*words), json.loads(ran(*words, "--json").stdout)
    profile = document["profile"]

    assert [each["name"] for each in profile["policies"]] == ["small", "sma200-only"]
    assert {each["computed"] for each in profile["expressions"]} == {1}
    assert profile["computed"] == len(profile["expressions"]) < profile["asked"]
    assert sum(each["asked"] for each in profile["policies"]) == profile["asked"]
    said = f"{profile['computed']} distinct sub-expressions: asked for {profile['asked']} times"
    assert said in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


@pytest.mark.parametrize("when", ["close < 1", "close > 1", "open_interest > 1", "close > sma(9)"])
def test_a_document_has_one_shape_whatever_was_found(
    tmp_path: Path, catalogue: Path, when: str
) -> None:
    words = words_of(tmp_path, catalogue, trigger(when), "--profile", "--json")

    document = json.loads(ran(*words).stdout)

    assert list(departures(document["market"], MARKET, {})) == []
    measured = document["profile"]
    assert measured is None or list(departures(measured, PROFILE, {})) == []
    assert (measured is None) == (when == "open_interest > 1")


def test_a_policy_is_told_with_its_sleeves(tmp_path: Path) -> None:
    body = "[basis]\nallocation = 0.2\n[carry]\nallocation = 0.1\nsource = 'cash'\n"
    said = ran("check", written(tmp_path, body + trigger("close < 50"))).output

    assert (
        "Basis sleeve: a pair of 20.0 % of equity, from unhedged spot first, entered above 15.0 % "
        "a year and closed below 5.0 %. Carry sleeve: a pair of 10.0 % of equity, from cash alone, "
        "entered above 20.0 % a year"
    ) in " ".join(said.split())
