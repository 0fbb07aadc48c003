"""This file words what ``steelyard check`` found: as lines, and as a document."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from steelyard.cli.evidence_words import evidence_document, evidence_lines
from steelyard.cli.profile_words import profile_document
from steelyard.domain.time import text
from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.library import FUNCTIONS
from steelyard.policy.needs import bars_read, series_read
from steelyard.report.policy_facts import policy_facts
from steelyard.report.text import columns
from steelyard.report.words import (
    UNDEFINED,
    counted,
    days,
    iso,
    last_day,
    money,
    number,
    percent,
)

if TYPE_CHECKING:
    from steelyard.domain.market import Market
    from steelyard.engine.lint import Examination
    from steelyard.engine.profile import Profile
    from steelyard.engine.witnesses import Finding
    from steelyard.policy.schema import Basis, Carry, LifeCycle, Limits
    from steelyard.report.activity import TriggerActivity
    from steelyard.report.inputs import JsonValue

REMARKS_SHOWN: Final = 5
"""Remarks of the text; the document holds all."""


def series_of(compiled: CompiledPolicy) -> tuple[str, ...]:
    """Return what a policy's conditions read: kinds of spot bars, funding, side series."""
    bars: set[str] = set()
    others: set[str] = set()
    for trees in compiled.policy.conditions:
        for tree in trees.given.values():
            bars.update(bars_read(tree))
            others.update(name for name, _ in series_read(tree))
            named = (FUNCTIONS[node.name] for node in tree.walk() if node.name in FUNCTIONS)
            others.update("funding" for function in named if function.grid == "funding")
    return (*sorted(bars), *sorted(others))


def lines(
    compiled: CompiledPolicy,
    market: "Market | None",
    found: "Examination | None",
    width: int,
    *,
    cut: Sequence[str] = (),
) -> str:
    """Return what is said on a terminal: the verdict first.

    Parameters
    ----------
    compiled : CompiledPolicy
        A policy that passed every check of its file.
    market, found : Market and Examination, or None
        What it did on data, where there is data.
    width : int, columns
        No line is longer.
    cut : sequence of str
        Whose futures the account cuts whenever they are in force.
    """
    if market is None or found is None:
        return "\n".join(_described(compiled, width, cut))
    parts = (
        _verdict(compiled, market, found, width),
        _activity(found, width),
        evidence_lines(found.evidence, width),
    )
    return "\n\n".join("\n".join(part) for part in parts if part)


def _described(compiled: CompiledPolicy, width: int, cut: Sequence[str]) -> list[str]:
    """Return what a policy is, a line for each trigger and regime."""
    document, facts = compiled.policy.document, policy_facts(compiled)
    size = (
        f"{counted(len(document.regimes), 'regime')}, {counted(len(document.triggers), 'trigger')}"
    )
    said = [
        f"{document.name} is valid: {size}, reviewed {', '.join(compiled.clocks)}.",
        f"Reads {', '.join(series_of(compiled)) or 'nothing'}.",
        f"Baseline: {facts.effects['baseline']}.",
        f"Limits: {limits_words(document.limits)}.",
        *(
            _sleeve(name, sleeve)
            for name, sleeve in (("Basis", document.basis), ("Carry", document.carry))
            if sleeve is not None
        ),
    ]
    if cut:
        said.append(f"Coins back futures; to leverage times spot are cut: {', '.join(cut)}.")
    folded = [line for sentence in said for line in textwrap.wrap(sentence, width)]
    names = [entity.id for entity in document.entities]
    widest = max((len(name) for name in names), default=0)
    for title, entities in (("regimes", document.regimes), ("triggers", document.triggers)):
        if entities:
            folded += ["", f"{title}, the safest first:" if title == "regimes" else f"{title}:"]
            folded += [
                _entity(entity, facts.effects[entity.id], widest, width) for entity in entities
            ]
    return folded


def _entity(entity: "LifeCycle", effect: str, widest: int, width: int) -> str:
    line = f"  {entity.id:<{widest}}  {effect}"
    return line if len(line) <= width else f"{line[: width - 4]} ..."


def _sleeve(name: str, sleeve: "Basis | Carry") -> str:
    source = "unhedged spot first" if sleeve.source == "held_first" else "cash alone"
    return (
        f"{name} sleeve: a pair of {percent(sleeve.allocation)} of equity, from {source}, entered "
        f"above {percent(sleeve.entry)} a year and closed below {percent(sleeve.exit)}."
    )


def limits_words(limits: "Limits") -> str:
    """Return the limits of a policy in words."""
    defence = limits.margin_defence
    band = (
        f"no trade below {percent(limits.relative_band)} of the target"
        if limits.relative_band
        else f"no trade below {percent(limits.band)} of equity"
    )
    return ", ".join(
        [
            f"leverage {number(limits.leverage, 1)}",
            "net short allowed" if limits.net_short else "never net short",
            f"hedges up to {percent(limits.hedge_cap)} of spot",
            f"{band} or {money(limits.min_notional)}",
            f"turnover {number(limits.turnover_per_day, 1)} x equity a day",
            "no margin defence"
            if defence is None
            else f"margin defence from {percent(defence.margin_ratio)} on",
        ]
    )


def _verdict(
    compiled: CompiledPolicy, market: "Market", found: "Examination", width: int
) -> list[str]:
    made_up = "synthetic " if market.is_synthetic else ""
    many = counted(len(found.findings), "finding") if found.findings else "nothing found"
    if found.remarks:
        many += f", {counted(len(found.remarks), 'remark')}"
    said = (
        f"{compiled.policy.name} is valid; on {made_up}{market.asset} from {text(found.start_ms)} "
        f"to {last_day(found.end_ms)}: {many}.{_unchanged(found)}"
    )
    listed = [f"! {finding.sentence}" for finding in found.findings]
    listed += [f"- {remark.sentence}" for remark in found.remarks[:REMARKS_SHOWN]]
    left_out = len(found.remarks) - REMARKS_SHOWN
    listed += [f"- and {counted(left_out, 'more remark')}: see --json."] if left_out > 0 else []
    return [
        *textwrap.wrap(said, width),
        *(line for one in listed for line in textwrap.wrap(one, width, subsequent_indent="  ")),
    ]


def _unchanged(found: "Examination") -> str:
    """Return a sentence on what was not found, where it was looked for."""
    if not found.cuts or any(finding.kind == "look_ahead" for finding in found.findings):
        return ""
    cuts = counted(len(found.cuts), "moment")
    return f" With the data cut at {cuts} every condition stayed the same."


def _activity(found: "Examination", width: int) -> list[str]:
    if not found.regimes:
        return []
    rows = [["trigger", "fired", "days", "first", "last", "unknown"]]
    rows += [_trigger(trigger) for trigger in found.triggers]
    lived = [f"{each.id} {days(each.days)}" for each in found.regimes if each.entries]
    said = textwrap.wrap(f"Regimes in days: {', '.join(lived)}.", width)
    return [*(line[:width] for line in columns(rows if found.triggers else [])), *said]


def _trigger(trigger: "TriggerActivity") -> list[str]:
    return [
        trigger.id,
        f"{trigger.episodes:,d}",
        days(trigger.days_active),
        UNDEFINED if trigger.first_ms is None else text(trigger.first_ms)[:10],
        UNDEFINED if trigger.last_ms is None else text(trigger.last_ms)[:10],
        f"{trigger.unknown:,d}",
    ]


def document(
    compiled: CompiledPolicy,
    market: "Market | None",
    found: "Examination | None",
    costs: "Profile | None" = None,
    *,
    cut: Sequence[str] = (),
) -> "dict[str, JsonValue]":
    """Return the same as a document of schema 1; ``market`` is null where there was no data."""
    facts, policy = policy_facts(compiled), compiled.policy
    reads: list[JsonValue] = list(series_of(compiled))
    unbacked: list[JsonValue] = list(cut)
    return {
        "schema": 1,
        "policy": {"name": policy.name, "sha256": policy.sha256},
        "reads": reads,
        "unbacked": unbacked,
        "limits": policy.document.limits.model_dump(mode="json"),
        "triggers": _entities(policy.document.triggers, facts.effects),
        "regimes": _entities(policy.document.regimes, facts.effects),
        "market": None if market is None or found is None else _met(market, found),
        "profile": None if costs is None else profile_document(costs),
    }


def _entities(entities: "Sequence[LifeCycle]", effects: Mapping[str, str]) -> "list[JsonValue]":
    return [
        {"id": each.id, "when": " ".join(each.when.split()), "effect": effects[each.id]}
        for each in entities
    ]


def _met(market: "Market", found: "Examination") -> "dict[str, JsonValue]":
    return {
        "asset": market.asset,
        "is_synthetic": market.is_synthetic,
        "start": iso(found.start_ms),
        "end": iso(found.end_ms),
        "triggers": [asdict(each) for each in found.triggers],
        "regimes": [asdict(each) for each in found.regimes],
        "cuts": [iso(ms) for ms in found.cuts],
        "findings": [_finding(each) for each in found.findings],
        "remarks": [_finding(each) for each in found.remarks],
        "evidence": evidence_document(found.evidence),
    }


def _finding(found: "Finding") -> "dict[str, JsonValue]":
    return {
        "kind": found.kind,
        "id": found.id,
        "sentence": found.sentence,
        "moment": None if found.moment_ms is None else iso(found.moment_ms),
        "count": found.count,
    }
