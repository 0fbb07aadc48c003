"""A run as polars frames: the columns of the parquet files, defined here only."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from steelyard.domain import codes
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.record import FILL_REASONS, values_of
from steelyard.domain.sleeves import leg_names
from steelyard.report.activity import regime_name
from steelyard.report.daily import core_hedge, notional, quotient
from steelyard.report.inputs import RunInputs
from steelyard.report.reasons import reason

STAMP = pl.Datetime("ms", "UTC")
LEG_NAMES = ("spot", "futures")


def _stamps(name: str, ms: Ints) -> pl.Series:
    return pl.Series(name, ms, dtype=pl.Int64).cast(STAMP)


def _numbers(name: str, values: Floats) -> pl.Series:
    """Return a column in which what is not a number is null."""
    return pl.Series(name, np.where(np.isfinite(values), values, np.nan)).fill_nan(None)


def _names(name: str, numbers: Ints, words: tuple[str, ...]) -> pl.Series:
    """Return a column of words, given their numbers from 0 on."""
    return pl.Series(name, [words[number] for number in numbers.tolist()], dtype=pl.String)


def _regimes(inputs: RunInputs, numbers: Ints) -> pl.Series:
    words = tuple(regime_name(inputs.policy, n) for n in range(-1, len(inputs.policy.regime_ids)))
    return _names("regime", numbers + 1, words)


def _first_regime(inputs: RunInputs) -> int:
    """Return the regime that the start is in: of a decision made there, else the baseline."""
    decisions = inputs.walk.decisions
    begins = decisions.ms.size > 0 and int(decisions.ms[0]) == inputs.start_ms
    return int(decisions.regime[0]) if begins else -1


def equity_frame(inputs: RunInputs) -> pl.DataFrame:
    """Return the account at the start and at the end of every bar.

    Columns: ``ts`` (datetime, UTC), ``equity``, ``spot``, ``futures``, ``cash`` (quote; futures
    signed), ``delta`` (fraction of equity), ``hedge_ratio`` (null without spot), ``leverage``
    (size of the futures, those of sleeves added to the core's, over the cash that backs them, or
    the spot; null where that is not above zero), ``margin_ratio``, ``regime``.
    """
    walk, curve = inputs.walk, inputs.walk.curve
    cash = np.concatenate([[walk.start_equity], curve.cash])
    equity = np.concatenate([[walk.start_equity], curve.equity])
    spot, futures = np.concatenate([[0.0], curve.spot]), np.concatenate([[0.0], curve.futures])
    backing = spot if walk.in_coins else cash
    return pl.DataFrame(
        [
            _stamps("ts", np.concatenate([[inputs.start_ms], curve.ms])),
            _numbers("equity", equity),
            _numbers("spot", spot),
            _numbers("futures", futures),
            _numbers("cash", cash),
            _numbers("delta", quotient(spot + futures, equity)),
            _numbers("hedge_ratio", np.concatenate([[np.nan], core_hedge(curve)])),
            _numbers("leverage", quotient(np.concatenate([[0.0], notional(curve)]), backing)),
            _numbers("margin_ratio", np.concatenate([[0.0], curve.margin_ratio])),
            _regimes(inputs, np.concatenate([[_first_regime(inputs)], curve.regime])),
        ]
    )


def fills_frame(inputs: RunInputs) -> pl.DataFrame:
    """Return every execution, oldest first, and what else changed a position.

    Columns: ``ts`` (when the bar that filled it began), ``decided``, ``leg`` (``spot``,
    ``futures``, and those of sleeves), ``reason`` (see ``record.FILL_REASONS``), ``quantity``
    (coins, of coin-margined futures face value in quote; signed), ``price``, ``reference`` (quote
    per coin), ``notional`` (quote, signed), ``fee``, ``slippage`` (quote; a cost is positive).
    """
    fills = inputs.walk.fills
    return pl.DataFrame(
        [
            _stamps("ts", fills.filled_ms),
            _stamps("decided", fills.decided_ms),
            _names("leg", fills.leg, leg_names(inputs.plan.sleeves)),
            _names("reason", fills.reason, FILL_REASONS),
            _numbers("quantity", fills.quantity),
            _numbers("price", fills.price),
            _numbers("reference", fills.reference),
            _numbers("notional", values_of(fills, fills.price, in_coins=inputs.walk.in_coins)),
            _numbers("fee", fills.fee),
            _numbers("slippage", fills.slippage),
        ]
    )


def decisions_frame(inputs: RunInputs) -> pl.DataFrame:
    """Return every evaluation of the policy and why it came out as it did.

    Columns: ``ts``; for every trigger, then every regime, ``<id>.state`` (its phase) and
    ``<id>.value`` (its entry condition: 1 true, 0 false, null unknown; the last one where it was
    not due); ``target_spot``, ``target_futures`` (fractions of equity), ``regime``, ``reason``.
    """
    decisions = inputs.walk.decisions
    columns = [_stamps("ts", decisions.ms)]
    for column, name in enumerate(inputs.policy.trigger_ids + inputs.policy.regime_ids):
        columns.append(_names(f"{name}.state", decisions.phase[:, column], codes.PHASES))
        columns.append(_numbers(f"{name}.value", decisions.condition[:, column]))
    reasons = [reason(inputs, row) for row in range(decisions.ms.size)]
    columns += [
        _numbers("target_spot", decisions.targets[:, 0]),
        _numbers("target_futures", decisions.targets[:, 1]),
        _regimes(inputs, decisions.regime),
        pl.Series("reason", reasons, dtype=pl.String),
    ]
    return pl.DataFrame(columns)


def portfolio_frame(runs: Sequence[RunInputs]) -> pl.DataFrame:
    """Return accounts over the same hours together, at the start and at the end of every bar.

    Columns: ``ts``, ``equity``, ``spot``, ``futures``, ``cash`` and ``delta``, as of one account.
    """
    frames = [equity_frame(inputs) for inputs in runs]
    sums = [
        pl.sum_horizontal(frame[name] for frame in frames).alias(name)
        for name in ("equity", "spot", "futures", "cash")
    ]
    together = frames[0].select("ts", *sums)
    net = together["spot"].to_numpy() + together["futures"].to_numpy()
    delta = quotient(net, together["equity"].to_numpy())
    return together.with_columns(_numbers("delta", delta))
