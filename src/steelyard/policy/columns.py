"""How the tables of a policy are laid out as the records and matrices of a plan."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Flags, Floats, Ints, Table
from steelyard.domain.plan import EFFECT, LIMITS, RULE
from steelyard.policy.checks import BASELINE, trigger_order
from steelyard.policy.programs import Written
from steelyard.policy.schema import LifeCycle, Limits, PolicyDocument, Trigger
from steelyard.policy.sleeves import sleeves_in
from steelyard.policy.values import Span

_NOTHING = (0.0, 0.0)


class EffectRow(NamedTuple):
    """One effect of one trigger: its codes, and its two columns at strength 0 and 1."""

    trigger: int
    kind: int
    flags: int
    first: Span
    second: Span = _NOTHING


def review_of(document: PolicyDocument, entity: LifeCycle) -> str:
    """Return when a trigger or regime is evaluated."""
    return entity.review or document.review


def rules(document: PolicyDocument, clocks: Sequence[str], written: Sequence[Written]) -> Table:
    """Return the life-cycle rules of triggers, then regimes, RULE[n_entities]."""
    table = np.zeros(len(written), dtype=RULE)
    for number, (entity, programs) in enumerate(zip(document.entities, written, strict=True)):
        rule = table[number]
        rule["clock"] = clocks.index(review_of(document, entity))
        rule["confirm_needed"], rule["confirm_window"] = entity.confirm
        rule["on_unknown"] = codes.ON_UNKNOWN.index(entity.on_unknown)
        after = entity.failsafe_after
        rule["failsafe_after"] = -1 if after is None else after
        rule["severity"] = codes.SEVERITIES.index(entity.severity)
        rule["guard"] = codes.GUARDS.index(entity.only_if or "")
        rule["entry_first"], rule["entry_end"] = programs.entry
        rule["release_first"], rule["release_end"] = programs.release
        rule["strength_first"], rule["strength_end"] = programs.strength
        for key in ("release_confirm", "dwell", "cooldown", "unwind", "validity", "ratchet"):
            rule[key] = getattr(entity, key)
    first = len(document.triggers)
    table["has_after"][first:] = [regime.after is not None for regime in document.regimes]
    table["near"][first:] = [regime.near for regime in document.regimes]
    return table


def order(document: PolicyDocument) -> Ints:
    """Return the triggers in evaluation order, int64[n_triggers]."""
    numbers = trigger_order(document)
    return np.array(numbers if isinstance(numbers, tuple) else (), dtype=np.int64)


def matrix(named: Sequence[Sequence[str]], columns: Sequence[str]) -> Flags:
    """Return which of the columns each row names, bool[n_rows, n_columns]."""
    cells = [[column in names for column in columns] for names in named]
    return np.array(cells, dtype=np.bool_).reshape(len(named), len(columns))


def requires(document: PolicyDocument) -> Flags:
    """Return which triggers each trigger and regime needs active."""
    triggers = [trigger.id for trigger in document.triggers]
    return matrix([entity.while_active for entity in document.entities], triggers)


def after(document: PolicyDocument) -> Flags:
    """Return from where each regime may be entered, the baseline first."""
    places = [BASELINE, *(regime.id for regime in document.regimes)]
    return matrix([regime.after or () for regime in document.regimes], places)


def ends(document: PolicyDocument) -> Flags:
    """Return which triggers and regimes each one ends when it enters."""
    ids = [entity.id for entity in document.entities]
    return matrix([entity.releases for entity in document.entities], ids)


def effect_rows(document: PolicyDocument) -> list[EffectRow]:
    """Return all effects by priority descending, id ascending (domain 9.5)."""
    ranked = sorted(enumerate(document.triggers), key=lambda pair: (-pair[1].rank, pair[1].id))
    return [row for number, trigger in ranked for row in _rows(number, trigger)]


def _rows(number: int, trigger: Trigger) -> list[EffectRow]:
    effect = trigger.effect
    freed = codes.FREED_TO_SPOT if effect.freed_to == "spot" else 0
    cut_of = codes.CUT_OF_EQUITY if effect.cut_of == "equity" else 0
    flatten = codes.FLATTEN_LONGS_FIRST if effect.flatten_longs_first else 0
    sizes = (
        (codes.STEP, freed | cut_of, effect.cut_longs),
        (codes.ADDITIVE, codes.ELSE_HEDGE, effect.else_hedge),
        (codes.ADDITIVE, flatten, effect.hedge),
        (codes.SHIFT, 0, effect.shift),
        (codes.LEVEL, 0, effect.cover),
        (codes.LEVERAGE_CAP, 0, effect.leverage_cap),
    )
    rows = [EffectRow(number, kind, flags, size) for kind, flags, size in sizes if size is not None]
    if effect.absolute is not None:
        target = effect.absolute
        rows.append(EffectRow(number, codes.ABSOLUTE, 0, target.spot, target.futures))
    return rows


def effects(rows: Sequence[EffectRow]) -> Table:
    """Return effects as records, EFFECT[n_effects]."""
    table = np.zeros(len(rows), dtype=EFFECT)
    for record, row in zip(table, rows, strict=True):
        record["entity"], record["kind"], record["flags"] = row.trigger, row.kind, row.flags
        record["low"] = (row.first[0], row.second[0])
        record["high"] = (row.first[1], row.second[1])
    return table


def base(document: PolicyDocument) -> Floats:
    """Return the row of the baseline and of every regime; see ``Plan.base``."""
    start = document.baseline
    sleeves = sleeves_in(document, BASELINE)
    rows = [[start.spot, start.spot, start.futures, start.futures, np.inf, sleeves]]
    for regime in document.regimes:
        cap = np.inf if regime.leverage_cap is None else regime.leverage_cap
        rows.append([*regime.spot, *regime.futures, cap, sleeves_in(document, regime.id)])
    return np.array(rows, dtype=np.float64)


def limits(given: Limits) -> Table:
    """Return the limits, LIMITS[1]; margin defence that is off starts at infinity."""
    table = np.zeros(1, dtype=LIMITS)
    for key in ("leverage", "net_short", "hedge_cap", "band", "relative_band"):
        table[key] = getattr(given, key)
    table["min_notional"] = given.min_notional
    table["turnover_per_day"] = given.turnover_per_day
    defence = given.margin_defence
    table["defence_ratio"] = np.inf if defence is None else defence.margin_ratio
    table["defence_leverage"] = np.inf if defence is None else defence.leverage
    table["defence_until"] = np.inf if defence is None else defence.until
    if given.depeg is not None:
        table["peg_low"], table["peg_high"] = given.depeg.outside
        table["safe_low"], table["safe_high"] = given.depeg.inside
        table["peg_hours"], table["safe_hours"] = given.depeg.hours, given.depeg.inside_hours
        table["rotates"] = int(given.depeg.rotate_to is not None)
    return table
