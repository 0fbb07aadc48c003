"""A policy in the words of a report: what each trigger and regime does, when, and why."""

import math

from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.schema import Effect, PolicyDocument, Regime
from steelyard.policy.values import Span
from steelyard.report.activity import BASELINE
from steelyard.report.inputs import PolicyFacts
from steelyard.report.words import bare_percent, counted, number, percent


def spanned(span: Span, *, sign: bool = False) -> str:
    """Return a size or a range of sizes in percent.

    Examples
    --------
    >>> spanned((0.1, 0.2)), spanned((-0.7, -0.7)), spanned((0.4, 0.4), sign=True)
    ('10.0 to 20.0 %', '-70.0 %', '+40.0 %')
    """
    marks = ["+" if sign and size > 0.0 else "" for size in span]
    last = f"{marks[1]}{percent(span[1])}"
    return last if span[0] == span[1] else f"{marks[0]}{bare_percent(span[0])} to {last}"


def _capped(span: Span) -> str:
    low, high = number(span[0], 1), number(span[1], 1)
    return f"leverage at most {high if low == high else f'{low} to {high}'}"


def effect_words(effect: Effect) -> str:
    """Return what an effect does, in a few words."""
    said = []
    if effect.cut_longs is not None:
        whole = " of equity" if effect.cut_of == "equity" else ""
        size = f"{spanned(effect.cut_longs)}{whole}"
        said.append(f"cuts long futures by {size}, freed to {effect.freed_to}")
    if effect.else_hedge is not None:
        said.append(f"without long futures shorts {spanned(effect.else_hedge)} of spot")
    if effect.hedge is not None:
        said.append(f"shorts {spanned(effect.hedge)} of spot more")
    if effect.shift is not None:
        said.append(f"sells spot and shorts as much: {spanned(effect.shift)} of equity")
    if effect.cover is not None:
        said.append(f"short at least {spanned(effect.cover)} of spot")
    if effect.absolute is not None:
        said.append(_weights(effect.absolute.spot, effect.absolute.futures))
    if effect.leverage_cap is not None:
        said.append(_capped(effect.leverage_cap))
    return "; ".join(said) or "alert only, no trade"


def _weights(spot: Span, futures: Span) -> str:
    return f"spot {spanned(spot)}, futures {spanned(futures, sign=True)} of equity"


def _regime_words(regime: Regime) -> str:
    words = _weights(regime.spot, regime.futures)
    if regime.leverage_cap is not None:
        words += f"; {_capped((regime.leverage_cap, regime.leverage_cap))}"
    if regime.unwind:
        words += f"; left in {counted(regime.unwind, 'slice')}"
    return words


def _effects(document: PolicyDocument) -> dict[str, str]:
    base = document.baseline
    words = {BASELINE: _weights((base.spot, base.spot), (base.futures, base.futures))}
    words |= {trigger.id: effect_words(trigger.effect) for trigger in document.triggers}
    return words | {regime.id: _regime_words(regime) for regime in document.regimes}


def policy_facts(compiled: CompiledPolicy) -> PolicyFacts:
    """Return what a report says about a policy.

    Parameters
    ----------
    compiled : CompiledPolicy
        Whose plan was walked.
    """
    policy, document = compiled.policy, compiled.policy.document
    defence = document.limits.margin_defence
    return PolicyFacts(
        name=policy.name,
        sha256=policy.sha256,
        about=document.about,
        trigger_ids=policy.trigger_ids,
        regime_ids=policy.regime_ids,
        effect_ids=compiled.effect_ids,
        effects=_effects(document),
        conditions={entity.id: " ".join(entity.when.split()) for entity in document.entities},
        why={entity.id: entity.why for entity in document.entities},
        defence_margin_ratio=math.inf if defence is None else defence.margin_ratio,
    )
