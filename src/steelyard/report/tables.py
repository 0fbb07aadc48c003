"""The tables of a page: heads with units, and cells already written as people read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.domain.time import text as date
from steelyard.report.activity import Episode
from steelyard.report.daily import Daily, Metrics
from steelyard.report.inputs import BENCHMARKS, JsonValue
from steelyard.report.metrics import downside_hedge_effectiveness, longest_underwater, returns
from steelyard.report.reasons import exposure_change
from steelyard.report.result import Result
from steelyard.report.story import MEANINGS, TITLES
from steelyard.report.words import (
    UNDEFINED,
    bare_percent,
    days,
    money,
    number,
    percent,
    signed_money,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: what is shown, what it sorts by, and a remark for pointing at it."""

    text: str
    sort: float | str
    is_number: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; ``start_ms`` and ``end_ms`` say where it lies in the picture."""

    cells: tuple[Cell, ...]
    start_ms: int | None = None
    end_ms: int | None = None
    is_policy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with one head row; the first cell of every row names it."""

    heads: tuple[Cell, ...]
    rows: tuple[Row, ...]


def _word(text: str, title: str = "") -> Cell:
    return Cell(text=text, sort=text, title=title)


def _figure(text: str, value: float | None) -> Cell:
    return Cell(text=text, sort=-1e300 if value is None else float(value), is_number=True)


def _head(text: str, title: str = "") -> Cell:
    return Cell(text=text, sort="", is_number=True, title=title)


def _stamp(ms: int | None) -> Cell:
    return Cell(text=UNDEFINED if ms is None else date(ms), sort=0.0 if ms is None else float(ms))


def _measures(account: Daily, metrics: Metrics) -> list[Cell]:
    earned, under = returns(account.nav), longest_underwater(account.nav)
    values: Sequence[tuple[float | None, int]] = (
        (metrics.cagr, 1),
        (metrics.volatility, 1),
        (metrics.max_drawdown, 1),
    )
    ratios = (metrics.sharpe, metrics.sortino, metrics.calmar)
    shares = (
        metrics.time_hedged,
        metrics.mean_hedge_ratio,
        metrics.hedge_effectiveness,
        downside_hedge_effectiveness(earned, account.unhedged),
        metrics.upside_capture,
        metrics.downside_capture,
    )
    turnovers = (metrics.turnover_spot, metrics.turnover_futures)
    return [
        *(_figure(bare_percent(value, places), value) for value, places in values),
        _figure(f"{under:,d}", under),
        _figure(bare_percent(metrics.cvar_95), metrics.cvar_95),
        *(_figure(number(value), value) for value in ratios),
        *(_figure(bare_percent(value), value) for value in shares),
        *(_figure(number(value, 1), value) for value in turnovers),
    ]


def performance(result: Result) -> Table:
    """Return the policy beside its benchmarks."""
    quote = result.market.quote
    heads = (
        Cell(text="run", sort=""),
        _head(f"end, {quote}"),
        _head("gain, %"),
        _head("a year, %", "growth rate of a year"),
        _head("volatility, %", "standard deviation of daily returns, of a year"),
        _head("worst fall, %", "deepest drawdown of daily closes"),
        _head("under water, days", "longest stretch of daily closes below the highest before"),
        _head("bad day, %", "mean loss of the worst 5 % of days"),
        _head("Sharpe"),
        _head("Sortino"),
        _head("Calmar"),
        _head("hedged, % of days", "days with a short of at least 10 % of spot"),
        _head("mean hedge, %", "short over spot"),
        _head("variance removed, %", "by the futures; negative where they added some"),
        _head("of falls, %", "the same of the days' losses alone"),
        _head("upside, %", "mean return over the asset's on days it rose"),
        _head("downside, %", "mean return over the asset's on days it fell"),
        _head("spot turnover, a year"),
        _head("futures turnover, a year"),
    )

    def row(name: str, account: Daily, metrics: Metrics, title: str) -> Row:
        nav = account.nav.tolist()
        gain = nav[-1] / nav[0] - 1.0
        first = [_word(name, title), _figure(money(nav[-1]), nav[-1])]
        gained = _figure(bare_percent(gain), gain)
        return Row(cells=(*first, gained, *_measures(account, metrics)), is_policy=not title)

    rows = [row(result.policy.name, result.account, result.metrics, "")]
    for name in BENCHMARKS:
        account = result.benchmark_accounts[name]
        rows.append(row(TITLES[name], account, result.benchmarks[name], MEANINGS[name]))
    return Table(heads=heads, rows=tuple(rows))


def _episode(episode: Episode) -> Row:
    end = "open" if episode.is_open else date(episode.end_ms)
    length = (episode.end_ms - episode.start_ms) / DAY_MS
    amounts = (episode.equity_change, episode.futures_result, episode.funding, -episode.costs)
    return Row(
        cells=(
            _word(episode.id),
            _word(episode.kind),
            _stamp(episode.start_ms),
            Cell(text=end, sort=float(episode.end_ms)),
            _figure(days(length), length),
            _word(exposure_change(episode.before, episode.after)),
            *(_figure(signed_money(amount), amount) for amount in amounts),
        ),
        start_ms=episode.start_ms,
        end_ms=episode.end_ms,
    )


def episodes(result: Result) -> Table:
    """Return the ledger of reasons: every stretch of a trigger or a regime."""
    quote = result.market.quote
    heads = (
        Cell(text="what", sort=""),
        Cell(text="kind", sort=""),
        Cell(text="from", sort=""),
        Cell(text="to", sort=""),
        _head("days"),
        Cell(text="targets when it began", sort=""),
        _head(f"equity, {quote}", "change of the whole account meanwhile"),
        _head(f"futures, {quote}", "price result of the futures leg meanwhile"),
        _head(f"funding, {quote}", "received is positive"),
        _head(f"costs, {quote}", "fees, slippage and liquidation"),
    )
    return Table(heads=heads, rows=tuple(_episode(episode) for episode in result.episodes))


def triggers(result: Result) -> Table:
    """Return what became of every trigger."""
    heads = (
        Cell(text="trigger", sort=""),
        _head("fired"),
        _head("days active"),
        Cell(text="first", sort=""),
        Cell(text="last", sort=""),
        _head("evaluated"),
        _head("unknown"),
        Cell(text="what it does", sort=""),
        Cell(text="condition", sort=""),
    )
    policy = result.policy
    rows = [
        Row(
            cells=(
                _word(trigger.id, policy.why.get(trigger.id, "")),
                _figure(f"{trigger.episodes:,d}", trigger.episodes),
                _figure(days(trigger.days_active), trigger.days_active),
                _stamp(trigger.first_ms),
                _stamp(trigger.last_ms),
                _figure(f"{trigger.evaluated:,d}", trigger.evaluated),
                _figure(f"{trigger.unknown:,d}", trigger.unknown),
                _word(policy.effects.get(trigger.id, "")),
                _word(policy.conditions.get(trigger.id, "")),
            )
        )
        for trigger in result.triggers
    ]
    return Table(heads=heads, rows=tuple(rows))


def regimes(result: Result) -> Table:
    """Return how long every regime was in force."""
    heads = (
        Cell(text="regime", sort=""),
        _head("entries"),
        _head("days"),
        Cell(text="what it does", sort=""),
        Cell(text="condition", sort=""),
    )
    policy = result.policy
    rows = [
        Row(
            cells=(
                _word(regime.id, policy.why.get(regime.id, "")),
                _figure(f"{regime.entries:,d}", regime.entries),
                _figure(days(regime.days), regime.days),
                _word(policy.effects.get(regime.id, "")),
                _word(policy.conditions.get(regime.id, "")),
            )
        )
        for regime in result.regimes
    ]
    return Table(heads=heads, rows=tuple(rows))


def attribution(result: Result) -> Table:
    """Return where the change of equity came from."""
    heads = (
        Cell(text="part", sort=""),
        _head(f"amount, {result.market.quote}"),
        _head("of start, %"),
    )
    parts = result.attribution
    named = {
        "spot price": parts.spot,
        "futures: spot price": parts.futures,
        "futures: basis": parts.basis,
        "funding": parts.funding,
        "fees": parts.fees,
        "slippage": parts.slippage,
        "liquidation": parts.liquidation,
        "interest": parts.interest,
        "worth of the money": parts.depeg,
        "paid by a bonus": parts.bonus,
        "all together": parts.total,
    }
    rows = [
        Row(
            cells=(
                _word(name),
                _figure(signed_money(amount), amount),
                _figure(bare_percent(amount / result.start_equity), amount),
            ),
            is_policy=name == "all together",
        )
        for name, amount in named.items()
    ]
    return Table(heads=heads, rows=tuple(rows))


def funding_sentence(result: Result) -> str:
    """Return the average funding of the run, per 8 h and per year; empty without settlements."""
    funding = result.market.funding
    within = (funding.ms > result.start_ms) & (funding.ms <= result.end_ms)
    hours = float(np.sum(funding.interval_hours[within]))
    if hours == 0.0:
        return ""
    per_hour = float(np.sum(funding.rate[within])) / hours
    year = 365.0 * DAY_MS / HOUR_MS
    eight, annual = percent(per_hour * 8.0, 4), percent(per_hour * year)
    return f"Funding averaged {eight} per 8 h, {annual} a year; positive: longs paid shorts."


def plain(value: JsonValue, name: str = "") -> list[tuple[str, str]]:
    """Return a nested assumption as lines of name and value.

    Examples
    --------
    >>> plain({"spot": 0.001, "tiers": {"source": "made"}})
    [('spot', '0.001'), ('tiers, source', 'made')]
    """
    if isinstance(value, Mapping):
        lines = []
        for key, inner in value.items():
            words = key.replace("_", " ")
            lines += plain(inner, f"{name}, {words}" if name else words)
        return lines
    if isinstance(value, list):
        return [(name, "; ".join(text for item in value for _, text in plain(item)))]
    return [(name, UNDEFINED if value is None else str(value))]
