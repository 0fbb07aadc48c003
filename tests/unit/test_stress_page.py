"""What a stress test says in words and on its page, on a market that rises by one every hour."""

import json
import re
from dataclasses import replace
from pathlib import Path

import steelyard as sy
from steelyard.report.stress import Stress
from steelyard.report.stress_document import stress_document
from steelyard.report.stress_page import stress_page
from steelyard.report.stress_text import stress_text
from steelyard.report.stress_words import answer, page_row, row, shock_words
from tests.support.browser import drawn, needs_browser
from tests.support.rising import day_at, rising_market


def lost(*shocks: str, hour: int = 80) -> Stress:
    """Return shocks on an account that is twice long and holds nothing else."""
    settings = ["baseline.spot=0", "baseline.futures=2", "limits.leverage=2"]
    policy = sy.load_policy("static-60-40", settings)
    market = rising_market()
    return sy.stress(policy, market, start=day_at(72), shocks=shocks, at=day_at(hour))


def test_a_liquidation_is_told_first_and_in_its_row() -> None:
    found = lost("gap=-60")
    (run,) = found.shocked

    assert "Positions were liquidated in this run, margin was called in this run." in answer(found)
    assert row(run)[2] == "-100.0"
    assert row(run)[-2:] == ["forced", "never"]
    # Half of the way from 100 to 180: 0.4 x 180 = 72.
    assert page_row(run)[7].startswith("2021-03-04 08:00 UTC at 72.000 for ")


def test_the_table_of_the_page_says_once_that_its_moments_are_in_utc() -> None:
    found = lost("gap=-60")
    cells = page_row(found.shocked[0])
    told = stress_page(found)

    # From, lowest on, margin call.
    assert [cells[place] for place in (0, 2, 6)] == [
        "2021-03-04 08:00",
        "2021-03-04 09:00",
        "2021-03-04 09:00",
    ]
    assert all(f'<th scope="col">{head}, UTC</th>' in told for head in ("from", "on"))
    assert f'<td class="long">{cells[7]}</td>' in told


def test_an_account_that_had_nothing_left_cannot_fall() -> None:
    found = lost("gap=-60")
    (run,) = found.shocked
    nothing = replace(run.policy, before=0.0, worst=0.0, end=0.0)
    found = replace(found, shocked=(replace(run, policy=nothing, unshocked=nothing),))
    page, document = stress_page(found), json.dumps(stress_document(found), allow_nan=False)

    assert row(found.shocked[0])[2:4] == ["-", "-"]
    assert '"worst_change": null' in document
    assert "from 0 to 0 (-)" in answer(found)
    assert "NaN" not in page.split('id="figures"')[1].split("</script>")[0]


def test_a_gain_is_called_one() -> None:
    # Twice long gains 2 x 20 % of equity, less what the rise since the last trade made of it.
    said = shock_words(lost("gap=20").shocked[0].shocks[0])

    assert re.search(r"\. [34]\d\.\d % of equity gained by it alone\.$", said)


def test_a_shock_that_finds_nothing_to_strike_says_so() -> None:
    # Twice long: there is no short for the venue to close.
    said = shock_words(lost("adl").shocked[0].shocks[0])

    assert said.endswith("their mark. The run was not exposed to it then.")


def test_funding_says_who_pays() -> None:
    said = shock_words(lost("funding").shocked[0].shocks[0])

    assert said.startswith("funding 0.3 %, 2021-03-04 08:00 UTC: every settlement of a week ")
    assert "; longs pay. " in said


def test_one_run_has_no_rank_and_no_total() -> None:
    said = " ".join(stress_text(lost("spread=2")).split())

    assert "static-60-40 on BTC from 2021-03-04 to 2021-03-20, spread x 2: equity went" in said
    assert "Positions were liquidated in no run, margin was called in no run." in said


def test_a_wide_terminal_has_longer_lines_and_the_page_comes_last() -> None:
    lines = stress_text(lost("gap=-60"), page="out/stress.html", width=120).splitlines()

    assert max(map(len, lines)) > 100
    assert lines[-1] == "Page: out/stress.html"


def test_the_document_has_no_number_that_json_cannot_hold() -> None:
    document = json.loads(json.dumps(stress_document(lost("gap=-60", "tiers")), allow_nan=False))
    (_, run) = document["runs"]

    assert run["policy"]["liquidations"][0]["at"] == "2021-03-04T08:00:00Z"
    assert run["policy"]["under_water_hours"] is None
    assert run["hold"]["nearest_liquidation"] is None
    assert [shock["exposure"] is None for shock in run["shocks"]] == [False, True]


def test_the_page_marks_what_was_lost_by_force() -> None:
    page = stress_page(lost("gap=-60"))

    assert page.count('<tr class="forced">') == 1
    assert "It strikes at the open at which the unshocked run would lose" in page


@needs_browser
def test_a_browser_draws_the_lowest_equities_and_every_run(tmp_path: Path) -> None:
    shown = drawn(stress_page(lost("gap=-60")), tmp_path)

    assert shown.count("<svg") == 3  # all of them together, no shock, the shock
