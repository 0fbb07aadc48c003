"""Write docs/basis.md and its picture: how often the basis of a dated BTC future was above 15 %.

``python scripts/basis.py DATA`` writes both; DATA is the folder of the real history.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

import steelyard as sy
from steelyard.data.columns import CLOSE, EXPIRY
from steelyard.data.dated import BASIS_APR, DAYS_TO_EXPIRY, read_front
from steelyard.data.facts import facts_for
from steelyard.data.names import names_of, symbol_of
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp, text
from steelyard.engine.evidence import episode_starts
from steelyard.features.sampling import asof
from steelyard.kernel.track import HALF_SPREAD_BPS
from steelyard.planning.basis_pair import PairCosts, PairYield, pair_yield

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "basis.md"
PICTURE = ROOT / "docs" / "images" / "basis.svg"

FIRST_MS = stamp(2020, 1, 1)
TRIGGER = 0.15
LEAST_DAYS = 7.0
LEAST_NET = 0.10
MARGIN = 0.10


@dataclass(frozen=True, slots=True)
class Days:
    """Days with a settlement and a spot price of the same moment, the last week left out.

    Parameters
    ----------
    ms : int64[n], stamps
    spot, future : float64[n], quote per coin
    days : float64[n]
        To expiry.
    expiry_ms : int64[n], stamps
    basis : float64[n], fraction a year
        Simple.
    pairs : tuple of PairYield
        Of a pair entered on each day and held to expiry.
    late : int
        Days left out because fewer than seven were left.
    """

    ms: Ints
    spot: Floats
    future: Floats
    days: Floats
    expiry_ms: Ints
    basis: Floats
    pairs: tuple[PairYield, ...]
    late: int

    @property
    def is_rich(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Return on which days the trigger is true."""
        return self.basis > TRIGGER

    @property
    def year(self) -> Ints:
        """Return the year of each day."""
        return np.array([datetime.fromtimestamp(ms / 1000, tz=UTC).year for ms in self.ms])


@dataclass(frozen=True, slots=True)
class Episode:
    """Days above the trigger, at most seven apart, and how far spot and future ended apart.

    ``gap`` is spot less future at the expiry, a fraction of the spot paid; NaN where unknown.
    """

    first: int
    last: int
    count: int
    gap: float


def costs() -> PairCosts:
    """Return what a pair costs, by the shipped fees of Binance."""
    facts = facts_for("binance", symbol_of("BTC"))
    return PairCosts(
        spot_fee=facts.fee_spot,
        future_fee=facts.fee_perp,
        settlement_fee=facts.settlement_fee,
        slippage=HALF_SPREAD_BPS / 10_000.0,
        margin=MARGIN,
    )


def read(data: Path) -> tuple[Days, tuple[Episode, ...]]:
    """Return the days since 2020 and the episodes of the trigger."""
    market = sy.open_market(data, asset="BTC")
    spot = market.spot
    series, table = read_front(data, names_of("BTC", "binance").front, spot)
    close = asof(table.ms, spot.known_ms, spot.close, HOUR_MS - 1)
    basis, left = series[BASIS_APR].value, series[DAYS_TO_EXPIRY].value
    there = (table.ms >= FIRST_MS) & ~np.isnan(close)
    kept = there & (left >= LEAST_DAYS)
    future, expiry_ms = table.columns[CLOSE], table.columns[EXPIRY].astype(np.int64)
    each = zip(close[kept], future[kept], left[kept], strict=True)
    paid = costs()
    found = Days(
        ms=table.ms[kept],
        spot=close[kept],
        future=future[kept],
        days=left[kept],
        expiry_ms=expiry_ms[kept],
        basis=basis[kept],
        pairs=tuple(pair_yield(float(s), float(f), float(d), paid) for s, f, d in each),
        late=int(np.count_nonzero(there & (left < LEAST_DAYS))),
    )
    ends = {int(ms): (s, f) for ms, s, f in zip(table.ms, close, future, strict=True)}
    return found, episodes(found, ends)


def episodes(found: Days, ends: dict[int, tuple[float, float]]) -> tuple[Episode, ...]:
    """Return the episodes; ``ends`` has spot and future by stamp."""
    rows = np.flatnonzero(found.is_rich)
    begins = episode_starts(found.ms[rows] // DAY_MS)
    edges = [*begins, rows.size]
    made = []
    for begin, end in pairwise(edges):
        first = int(rows[begin])
        spot, future = ends.get(int(found.expiry_ms[first]), (np.nan, np.nan))
        gap = (spot - future) / float(found.spot[first])
        made.append(Episode(first, int(rows[end - 1]), int(end - begin), float(gap)))
    return tuple(made)


def percent(fraction: float, places: int = 1) -> str:
    """Return a fraction in percent, with its sign where it is a gain or a loss."""
    return "-" if np.isnan(fraction) else f"{100.0 * fraction:+.{places}f}"


def day(ms: int) -> str:
    """Return the day of a stamp."""
    return text(ms)[:10]


def years(found: Days) -> list[str]:
    """Return the table of how often the trigger was true."""
    net = np.array([pair.on_spot for pair in found.pairs])
    heads = ("year", "days", "above 15 %", "share, %", "net above 15 %", "entry test", "median, %")
    lines = [f"| {' | '.join(heads)} |", "|---" + "|---:" * (len(heads) - 1) + "|"]
    groups = [(str(year), found.year == year) for year in np.unique(found.year)]
    for name, own in (*groups, ("all", np.ones(found.ms.size, dtype=np.bool_))):
        rich = found.is_rich & own
        counts = (
            int(own.sum()),
            int(rich.sum()),
            f"{100.0 * rich.sum() / own.sum():.1f}",
            int((own & (net > TRIGGER)).sum()),
            int((rich & (net > LEAST_NET)).sum()),
            percent(float(np.median(found.basis[own]))),
        )
        lines.append(f"| {name} | {' | '.join(map(str, counts))} |")
    return lines


def trades(found: Days, all_of_them: tuple[Episode, ...]) -> list[str]:
    """Return the table of what a pair entered when each episode begins would have earned."""
    heads = (
        "entered",
        "last day above",
        "days above",
        "to expiry, days",
        "basis a year, %",
        "gross, %",
        "net, %",
        "net a year, %",
        "on capital, %",
        "apart at expiry, %",
    )
    lines = [f"| {' | '.join(heads)} |", "|---|---" + "|---:" * (len(heads) - 2) + "|"]
    for one in all_of_them:
        pair = found.pairs[one.first]
        cells = (
            day(int(found.ms[one.first])),
            day(int(found.ms[one.last])),
            str(one.count),
            f"{found.days[one.first]:.1f}",
            percent(float(found.basis[one.first])),
            percent(pair.gross, 2),
            percent(pair.net, 2),
            percent(pair.on_spot),
            percent(pair.on_capital),
            percent(one.gap, 2),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


HEAD = """\
# How often the basis was above 15 %

The article's basis trade begins when the annualised basis of a quarterly contract exceeds 15 %.
This page counts on how many days that was so for BTC since 2020, and what was left of it after costs.
In a policy the condition is `basis_apr > 0.15 and days_to_expiry >= 7`.
The page is written by `scripts/basis.py` from the real history and compared in a test.

{answer}

![{title}](images/basis.svg)

## By year

{years}

`days` are settlements with a Binance spot close of the same hour and at least seven days to expiry; {late} with fewer days left are not counted.
The basis is simple: (future / spot - 1) x 365 / days to expiry.
`net above 15 %` counts days on which a pair bought and sold at these prices and held to expiry would have earned more than 15 % a year on the spot after its costs; `entry test` counts those above 15 % gross and {least:.0%} net, as a `[basis]` sleeve asks.
Costs are the shipped fees of Binance: {fees} of the spot notional to buy and again to sell, {future} to sell the future and {settle} at its settlement, and {slip:.0f} bp of slippage in each of the three trades.

## By episode

Days at most seven apart are one episode.
A pair is entered at the settlement of its first day, and held to the expiry of that day's contract.

{trades}

`gross` is future / spot - 1 at entry, `net` the same less costs; both are what is earned until expiry if spot and future meet there.
`a year` and `on capital` are simple rates, on the spot, and on the spot with {margin:.0%} of initial margin.
`apart at expiry` is how far spot then stood above the last settlement, of the spot paid: it adds to what the pair earned, or takes from it.

{sums}

## What these numbers cannot say

- They are of the front month of CME, not of a quarterly contract of Binance: other hours, other margins, no trade at weekends, and a dollar that is no USDT.
- The front month is at most {most:.0f} days from its expiry, so costs weigh more a year than they would on a quarterly contract, and the annualised basis moves more.
- Contract and expiry are derived from the roll rule, not recorded; an error of a day matters most near the expiry, where the annualised basis is noisy, so the last week is left out.
- There is no bid and ask: prices are settlements and closes, and the depth that a pair would have found is unknown.
- The fees are those of {noted}, of another venue, and taken for all times.
- What is earned at expiry is known at entry only if the pair is held to it: before that the basis may widen, the future must be margined all the time, and a margin call or a failing venue ends the pair at a loss.
- {count} episodes in {span} are too few to say how often there will be one.
"""  # noqa: E501 - one sentence a line


def sentences(found: Days, all_of_them: tuple[Episode, ...]) -> tuple[str, str]:
    """Return the answer, and what the episodes come to."""
    rich = found.is_rich
    net = np.array([pair.on_spot for pair in found.pairs])
    without = [str(y) for y in np.unique(found.year) if not rich[found.year == y].any()]
    longest = max(all_of_them, key=lambda one: found.ms[one.last] - found.ms[one.first])
    spans = (int(found.ms[longest.last]) - int(found.ms[longest.first])) // DAY_MS + 1
    answer = (
        f"From {day(int(found.ms[0]))} to {day(int(found.ms[-1]))} the basis was above 15 % on "
        f"{int(rich.sum())} of {rich.size:,d} days, and above 15 % after costs on "
        f"{int((net > TRIGGER).sum())}.\n"
        f"These days make {len(all_of_them)} episodes; the longest lasted {spans} days, from "
        f"{day(int(found.ms[longest.first]))} to {day(int(found.ms[longest.last]))}.\n"
        f"There was none in {' and '.join(without)}."
    )
    pairs = [found.pairs[one.first] for one in all_of_them]
    gross, nets = np.array([p.gross for p in pairs]), np.array([p.net for p in pairs])
    apart = np.array([one.gap for one in all_of_them])
    held = sum(
        found.ms[later.first] < found.expiry_ms[one.first] for one, later in pairwise(all_of_them)
    )
    days_held = np.array([found.days[one.first] for one in all_of_them])
    sums = (
        f"The {len(pairs)} pairs would have earned {percent(float(gross.mean()), 2)} % gross and "
        f"{percent(float(nets.mean()), 2)} % net on average, over {days_held.mean():.1f} days; "
        f"the least was {percent(float(nets.min()), 2)} % net, the most "
        f"{percent(float(nets.max()), 2)} %.\n"
        f"Costs took {100.0 * (gross - nets).sum() / gross.sum():.0f} % of the gross.\n"
        f"Spot and future ended {percent(float(np.nanmean(apart)), 2)} % apart on average, "
        f"between {percent(float(np.nanmin(apart)), 2)} % and "
        f"{percent(float(np.nanmax(apart)), 2)} %.\n"
        f"{held} of the episodes began while the pair of the one before was still held."
    )
    return answer, sums


LEFT, RIGHT, TOP, BOTTOM = 52, 664, 16, 250
WIDTH, HEIGHT = 760, 284
LOW, HIGH = -0.20, 0.45
TICKS = (-0.15, 0.0, 0.15, 0.30, 0.45)
STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #444 }
.grid { stroke: #ddd } .rule { stroke: #a34a00; stroke-dasharray: 5 4 } .name { fill: #a34a00 }
.line { fill: none; stroke: #777; stroke-width: 1 } .rich { fill: #d96b00 } .back { fill: #fff }
@media (prefers-color-scheme: dark) {
  text { fill: #ccc } .grid { stroke: #3a3a3a } .line { stroke: #999 } .back { fill: #131416 }
  .rule { stroke: #ffa657 } .name { fill: #ffa657 } .rich { fill: #ff9633 }
}"""


def across(ms: int) -> float:
    """Return where a moment stands in the picture."""
    return LEFT + (RIGHT - LEFT) * (ms - FIRST_MS) / (stamp(2025, 6, 1) - FIRST_MS)


def down(value: float) -> float:
    """Return where a basis stands in the picture; what is beyond its edges stands on them."""
    within = min(max(value, LOW), HIGH)
    return TOP + (BOTTOM - TOP) * (HIGH - within) / (HIGH - LOW)


def title(found: Days) -> str:
    """Return what the picture shows, in a sentence."""
    beyond = int(np.sum((found.basis < LOW) | (found.basis > HIGH)))
    return (
        f"Annualised basis of the front month of CME over Binance spot, by day since 2020, at "
        f"least seven days to expiry: dots are the {int(found.is_rich.sum())} days above 15 %. "
        f"{beyond} days beyond the edges stand on them."
    )


def picture(found: Days) -> str:
    """Return the picture as SVG; it follows the reader's light or dark."""
    parts = [f'<rect class="back" width="{WIDTH}" height="{HEIGHT}"/>']
    for value in TICKS:
        y = down(value)
        kind = "rule" if value == TRIGGER else "grid"
        parts.append(f'<path class="{kind}" d="M{LEFT} {y:.1f}H{RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.0%}</text>')
    for year in range(2020, 2026):
        x = across(stamp(year, 1, 1))
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{BOTTOM}"/>')
        parts.append(f'<text x="{x + 4:.1f}" y="{BOTTOM + 18}">{year}</text>')
    points = [
        (across(int(ms)), down(float(value)))
        for ms, value in zip(found.ms, found.basis, strict=True)
    ]
    rolls = np.flatnonzero(np.diff(found.expiry_ms, prepend=0))
    for begin, end in zip(rolls, [*rolls[1:], len(points)], strict=True):
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points[begin:end])
        parts.append(f'<path class="line" d="M{path}"/>')
    parts += [
        f'<circle class="rich" cx="{points[row][0]:.1f}" cy="{points[row][1]:.1f}" r="2.2"/>'
        for row in np.flatnonzero(found.is_rich)
    ]
    last = points[-1][1]
    parts.append(f'<text class="name" x="{RIGHT + 6}" y="{down(TRIGGER) + 4:.1f}">trigger</text>')
    parts.append(f'<text x="{RIGHT + 6}" y="{last + 4:.1f}">basis a year</text>')
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">\n'
        f"<title>{title(found)}</title>\n<style>\n{STYLE}\n</style>\n"
    )
    return head + "\n".join(parts) + "\n</svg>\n"


def page(found: Days, all_of_them: tuple[Episode, ...]) -> str:
    """Return the page."""
    answer, sums = sentences(found, all_of_them)
    paid = costs()
    months = (int(found.ms[-1]) - int(found.ms[0])) / (365.25 * DAY_MS)
    return (
        HEAD.format(
            answer=answer,
            title=title(found),
            years="\n".join(years(found)),
            trades="\n".join(trades(found, all_of_them)),
            sums=sums,
            late=found.late,
            most=found.days.max(),
            least=LEAST_NET,
            margin=MARGIN,
            fees=f"{paid.spot_fee:.2%}",
            future=f"{paid.future_fee:.2%}",
            settle=f"{paid.settlement_fee:.2%}",
            slip=HALF_SPREAD_BPS,
            noted="2026-09",
            count=len(all_of_them),
            span=f"{months:.1f} years",
        )
        .replace("%", " %")
        .replace("  %", " %")
    )


if __name__ == "__main__":
    days_found, episodes_found = read(Path(sys.argv[1]))
    PAGE.write_text(page(days_found, episodes_found), encoding="utf-8")
    PICTURE.write_text(picture(days_found), encoding="utf-8")
