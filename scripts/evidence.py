"""Write docs/evidence.md: the published table of frequencies beside the same from these commands.

``python scripts/evidence.py DATA`` prints the page; DATA is the folder of the real history.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import steelyard as sy
from steelyard.domain.time import DAY_MS
from steelyard.engine.evidence import HORIZONS, Evidence, episode_starts, forward_returns
from steelyard.features import oscillators, trend, windows
from steelyard.policy.evaluate import Evaluation, Grid
from steelyard.policy.parse import Definitions, parse
from steelyard.report.words import UNDEFINED

ROOT = Path(__file__).resolve().parents[1]
POLICY = ROOT / "docs" / "evidence.toml"
CLUSTER_DAYS = 30
RICH = 0.0005

PUBLISHED = {
    # id: (what it is called, episodes, per year, mean after 7 days, mean after 30 days)
    "atr_expansion": ("V1, ranges up by half in 7 days", "12", "1.6", "+4.4", "+3.5"),
    "iv_crosses": ("V2, implied volatility crosses its 75 % quantile", "22", "6.1", "+2.2", "+8.1"),
    "funding_24h": ("F1, funding above 0.05 % for 24 h", "15", "2.7", "+2.8", "-1.7"),
    "funding_48h": ("T1, funding above 0.10 % for 48 h", "2", "0.35", "+13.5", "+22.6"),
    "oi_divergence": ("O1, open interest up 15 %, price flat", "2", "0.6", "-", "-"),
    "sma200_first_close": ("M1, first close below 200 days", "26", "3.8", "-0.5", "+2.4"),
    "death_cross": ("M2, death cross", "7", "1.0", "-2.1", "-4.8"),
    "support_breach": ("S1, two closes below a key level", "19", "2.8", "+3.3", "+7.0"),
    "three_sigma": ("T2, three deviations above 20 days", "16", "2.2", "+3.1", "+14.1"),
    "rejection": ("rejection candle at the peak", "12", "1.6", "+6.8", "+8.2"),
    "overbought": ("OVERBOUGHT", "6", "1.1", "+4.8", "+13.4"),
}

TWICE = "consistent with a published number that was rounded twice."
FEW = "Two episodes; the published table gives no mean for so few."


def reasons(rows: dict[str, Evidence], market: sy.Market) -> dict[tuple[str, str], str]:
    """Return why a number differs, by row and column; the numbers in it are measured as well."""
    crosses = rows["sma200_first_close"]
    over = [signed(outcome.mean_true_days) for outcome in crosses.outcomes]
    dated = [signed(mean) for mean in overbought_by_settlement_day(market)]
    tail = [
        f"{100 * rows[name].outcomes[1].mean:.3f} % here: {TWICE}"
        for name in ("funding_48h", "rejection")
    ]
    moved = (
        "A daily review at 00:00 knows the settlement of that very moment, which the published "
        "table dates by the day that begins then, so some episodes begin a day later there. "
        "Counted that way it is {} %, as published."
    )
    return {
        ("atr_expansion", "a year"): (
            f"In the {market.bars['1d'].close.size / 365.25:.2f} years of all days 12 are 1.6 a "
            f"year; here only the {rows['atr_expansion'].known_days:,d} days on which the ratio is "
            "known count."
        ),
        ("funding_48h", "30 d"): tail[0],
        ("rejection", "30 d"): tail[1],
        ("oi_divergence", "7 d"): FEW,
        ("oi_divergence", "30 d"): FEW,
        ("sma200_first_close", "times"): (
            f"{crosses.true_days} closes cross the average, which is what was published; by the "
            f"rule that days at most 7 apart are one episode they are {len(crosses.episodes)}."
        ),
        ("sma200_first_close", "a year"): "As above: episodes in place of crosses.",
        ("sma200_first_close", "7 d"): f"Over every cross it is {over[0]} %, as published.",
        ("sma200_first_close", "30 d"): f"Over every cross it is {over[1]} %, as published.",
        ("overbought", "7 d"): moved.format(dated[0]),
        ("overbought", "30 d"): moved.format(dated[1]),
    }


def overbought_by_settlement_day(market: sy.Market) -> list[float]:
    """Return the mean returns after OVERBOUGHT with funding dated by the day of its settlement."""
    bars, paid = market.bars["1d"], market.funding
    evaluation = Evaluation(market, {})
    stretched, rich = (
        parse(text, "1d", Definitions())
        for text in ("within(rsi(14) >= 80 or zscore(20) >= 3, 3)", "funding_above(0.0005) >= 24")
    )
    settled = evaluation.values(rich, Grid("funding", paid.ms)) == 1.0
    day = (paid.ms - bars.open_ms[0]) // DAY_MS
    there = settled & (day < bars.close.size)
    is_rich = np.zeros(bars.close.size)
    is_rich[day[there]] = 1.0
    is_near = evaluation.values(stretched, Grid("1d", bars.known_ms)) == 1.0
    true_day = np.flatnonzero(is_near & (windows.within(is_rich, 3) == 1.0))
    first = true_day[episode_starts(true_day)]
    followed = [forward_returns(bars.open, bars.close, horizon)[first] for horizon in HORIZONS]
    return [float(np.nanmean(returns)) for returns in followed]


def without_the_missing_day(market: sy.Market) -> tuple[str, str]:
    """Return the shares of days below 200 days and of calm ranges, the outage's day left out."""
    bars = market.bars["1d"]
    there = ~np.isnan(bars.close)
    high, low, close = bars.high[there], bars.low[there], bars.close[there]
    average, ranges = trend.sma(close, 200), oscillators.atr(high, low, close, 14)
    median = windows.median(ranges, 30)
    below, calm = close[199:] < average[199:], ranges <= median
    known = ~np.isnan(median)
    return (
        share(int(below.sum()), below.size),
        share(int(calm[known].sum()), int(known.sum())),
    )


@dataclass(frozen=True, slots=True)
class Fact:
    """One number of a remark: what it is, as published, as measured, and why they differ."""

    what: str
    published: str
    measured: str
    reason: str = ""


def signed(fraction: float) -> str:
    """Return a fraction in percent with its sign, as the table prints it."""
    return UNDEFINED if np.isnan(fraction) else f"{fraction * 100.0:+.1f}"


def cells(row: Evidence) -> tuple[str, str, str, str]:
    """Return episodes, per year and the two means as the table prints them."""
    places = 2 if row.per_year < 0.5 else 1  # noqa: PLR2004 - as published
    means = [signed(outcome.mean) for outcome in row.outcomes]
    return str(len(row.episodes)), f"{row.per_year:.{places}f}", means[0], means[1]


def table(
    rows: dict[str, Evidence], because: dict[tuple[str, str], str]
) -> tuple[list[str], list[str]]:
    """Return the lines of the table, and a line for every number that differs.

    Raises
    ------
    SystemExit
        If one differs for which no reason is known.
    """
    heads = ("times", "a year", "7 d", "30 d")
    lines = ["| condition | " + " | ".join(heads) + " | 90 % of means, 30 d | any day, 30 d |"]
    lines.append("|---" * 7 + "|")
    why = []
    for name, (title, *published) in PUBLISHED.items():
        row, shown = rows[name], []
        for head, before, now in zip(heads, published, cells(row), strict=True):
            shown.append(now if before == now else f"{now} ({before})")
            if before == now:
                continue
            if (name, head) not in because:
                raise SystemExit(f"{name}, {head}: {now} here, {before} published: say why")
            why.append(f"- {title}, {head}: {now} here, {before} published. {because[name, head]}")
        last = row.outcomes[-1]
        spread = f"{signed(last.low)} to {signed(last.high)}"
        lines.append(f"| {title} | {' | '.join(shown)} | {spread} | {signed(last.any_day)} |")
    return lines, why


def clusters(row: Evidence) -> int:
    """Return how many episodes there are when a gap of up to 30 days joins two."""
    ends = [episode.last_ms for episode in row.episodes]
    gaps = [
        (later.first_ms - end) // DAY_MS
        for later, end in zip(row.episodes[1:], ends[:-1], strict=True)
    ]
    return 1 + sum(gap > CLUSTER_DAYS for gap in gaps)


def share(days: int, of: int) -> str:
    """Return a share of days in percent."""
    return f"{days / of:.0%}".replace("%", " %")


def facts(rows: dict[str, Evidence], market: sy.Market) -> list[Fact]:
    """Return the numbers of the remarks."""
    rate, start = market.funding.rate, rows["three_sigma"].outcomes
    below, calm, up, flat = (
        rows[name] for name in ("below_sma200", "atr_at_median", "uptrend", "range")
    )
    since = rows["funding_24h"].outcomes
    count = {name: str(len(row.episodes)) for name, row in rows.items()}
    both = "of the days on which it is known, after three confirming closes"
    skipped = [
        f"The exchange was down for 33 hours from 2018-02-08, so that day has no bar and every "
        f"window that holds it is unknown; with the days beside it as neighbours it is {each}."
        for each in without_the_missing_day(market)
    ]
    return [
        Fact("V1 with percent ranges, times", "22", count["atr_expansion_percent"]),
        Fact("settlements above 0.05 %", "5.4 %", f"{np.mean(rate > RICH) * 100:.1f} %"),
        Fact("T1, days", "3", str(rows["funding_48h"].true_days)),
        Fact("O1 over 3 days, times", "0", count["oi_divergence_3d"]),
        Fact("O1 over 14 days, times", "9", count["oi_divergence_14d"]),
        Fact("M1, crosses", "26", str(rows["sma200_first_close"].true_days)),
        Fact("M1, clusters at 30 days", "9", str(clusters(rows["sma200_first_close"]))),
        Fact("days below 200 days", "43 %", share(below.true_days, below.known_days), skipped[0]),
        Fact("S1, clusters at 30 days", "9", str(clusters(rows["support_breach"]))),
        Fact("T2 over the 20 closes before, times", "37", count["three_sigma_prior"]),
        Fact(f"UPTREND, {both}", "19 %", share(up.confirmed_days, up.known_days)),
        Fact(f"RANGE, {both}", "15 %", share(flat.confirmed_days, flat.known_days)),
        Fact(
            "ATR at or below its 30-day median, days",
            "58 %",
            share(calm.true_days, calm.known_days),
            skipped[1],
        ),
        Fact("any day, 7 d", "+0.9 %", f"{signed(start[0].any_day)} %"),
        Fact("any day since 2019-09, 7 d", "+1.2 %", f"{signed(since[0].any_day)} %"),
        Fact("any day since 2019-09, 30 d", "+5.3 %", f"{signed(since[1].any_day)} %"),
        Fact(
            "any day, 30 d",
            "+4.3 %",
            f"{signed(rows['rejection'].outcomes[1].any_day)} %",
        ),
    ]


def remark_lines(found: list[Fact]) -> list[str]:
    """Return the table of remarks.

    Raises
    ------
    SystemExit
        If a number differs and no reason is given.
    """
    lines = ["| what | published | measured | why it differs |", "|---|---|---|---|"]
    for fact in found:
        if fact.published != fact.measured and not fact.reason:
            what = f"{fact.what}: {fact.measured} here, {fact.published} published"
            raise SystemExit(f"{what}: say why")
        reason = fact.reason if fact.published != fact.measured else ""
        lines.append(f"| {fact.what} | {fact.published} | {fact.measured} | {reason} |")
    return lines


HEAD = """\
# How often the triggers fire, and what followed

The specification of this product publishes a table of how often each trigger fired on BTC from 2018-01 to 2025-04 and what the price did afterwards.
This page is the same table as `steelyard check docs/evidence.toml --data DATA --asset BTC --episodes` measures it, written by `scripts/evidence.py` and compared in a test.
Where a number differs the published one stands in brackets, with the reason below.

Conditions alone are counted, on daily bars of Binance spot, settlements of its perpetual, implied volatility and open interest.
True days at most 7 apart are one time; a return runs from the next daily open to the close 7 or 30 days after the first day of a time, without costs.
`a year` counts from when the condition is known.
The interval holds 90 % of the means over 1,000 resampled histories: the days of the history, each with its return and its mark, are drawn in blocks of 30 days on average (stationary bootstrap, fixed seed).
`any day` is the mean over all days on which the condition is known.
"""  # noqa: E501 - one sentence a line

MEANING = """\
After 30 days the interval lies above the mean of any day for {}, and below it for {}.
With two episodes an interval says nothing, no condition has 30 episodes, and of so many intervals some leave out that mean by chance.
So this table shows how rare the triggers are, and what happened then: it is no evidence that any of them foretells a price.
"""  # noqa: E501 - one sentence a line


def apart(rows: dict[str, Evidence]) -> tuple[str, str]:
    """Return the rows whose interval lies above the mean of any day, and those below."""
    above, below = [], []
    for name, (title, *_) in PUBLISHED.items():
        last = rows[name].outcomes[-1]
        if last.low > last.any_day:
            above.append(title.split(",")[0])
        if last.high < last.any_day:
            below.append(title.split(",")[0])
    return ", ".join(above) or "none", ", ".join(below) or "none"


def page(data: Path) -> str:
    """Return the page, from the real history in a folder."""
    market = sy.open_market(data, asset="BTC")
    rows = {row.id: row for row in sy.check(str(POLICY), market).evidence}
    lines, why = table(rows, reasons(rows, market))
    parts = [
        HEAD,
        "\n".join(lines) + "\n",
        MEANING.format(*apart(rows)),
        "## What differs\n",
        "\n".join(why) + "\n",
        "## The remarks of the published table\n",
        "\n".join(remark_lines(facts(rows, market))) + "\n",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1])))
