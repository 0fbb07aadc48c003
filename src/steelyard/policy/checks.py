"""What the shape of a policy alone cannot promise: references, targets, ways out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from steelyard.domain.codes import STAGES
from steelyard.policy.conditions import Conditions, called, entity_path, read_conditions
from steelyard.policy.library import FUNCTIONS
from steelyard.policy.nodes import HELD_RECLAIM, Node
from steelyard.policy.place import Path, Source, nearest
from steelyard.policy.programs import breaches
from steelyard.policy.schema import (
    MAX_EFFECTS,
    Depeg,
    LifeCycle,
    Limits,
    PolicyDocument,
    Regime,
    Trigger,
)
from steelyard.policy.values import Span

BASELINE: Final = "baseline"
MAX_ENTITIES: Final = 100
"""Triggers and regimes of one policy; a decision looks at each against each."""

_TINY: Final = 1e-9
"""Slack of comparisons between decimal weights."""

_RESERVED: Final = frozenset({BASELINE, *STAGES})
_SORTS: Final = {"while_active": "trigger", "after": "regime", "only_in": "regime"}


def check_document(
    document: PolicyDocument, source: Source, *, in_coins: bool = False
) -> tuple[Conditions, ...]:
    """Check a whole policy and return its conditions as trees.

    Parameters
    ----------
    document : PolicyDocument
        What the file says, defaults filled in.
    source : Source
        Where it says it.
    in_coins : bool
        Whether coins back the futures, and not cash.

    Raises
    ------
    PolicyError
        At the first fault: where it stands, what is allowed, what to do.
    """
    _check_ids(document, source)
    _check_references(document, source)
    _check_circles(document, source)
    _check_limits(document.limits, source)
    _check_depeg(document.limits.depeg, source)
    check_targets(document, source, in_coins=in_coins)
    _check_guards(document, source)
    conditions = read_conditions(document, source)
    released = {name for entity in document.entities for name in entity.releases}
    for number, (entity, trees) in enumerate(zip(document.entities, conditions, strict=True)):
        path = entity_path(document, number)
        _check_life(source, path, entity)
        _check_reclaim(source, path, entity, trees)
        if entity.id not in released:
            _check_way_out(source, path, entity, trees)
    _check_effects(document, source)
    return conditions


def _check_ids(document: PolicyDocument, source: Source) -> None:
    if len(document.entities) > MAX_ENTITIES:
        found = f"{len(document.triggers)} triggers and {len(document.regimes)} regimes"
        sentence = f"there are {found}, at most {MAX_ENTITIES} together are possible"
        raise source.refuse((), sentence)
    count = Counter(entity.id for entity in document.entities)
    for number, entity in enumerate(document.entities):
        fault = ""
        if entity.id in _RESERVED:
            fault = "is a word of every decision"
        elif entity.id in document.define:
            fault = "is also a name in [define]"
        elif count[entity.id] > 1:
            fault = f"is given {count[entity.id]} times"
        if fault:
            path = (*entity_path(document, number), "id")
            raise source.refuse(path, f'id "{entity.id}" {fault}; choose another')


def _check_references(document: PolicyDocument, source: Source) -> None:
    triggers = [trigger.id for trigger in document.triggers]
    regimes = [regime.id for regime in document.regimes]
    for number, entity in enumerate(document.entities):
        path = entity_path(document, number)
        _check_known(source, (*path, "while_active"), entity.while_active, (triggers, regimes))
        _check_known(source, (*path, "releases"), entity.releases, ([*triggers, *regimes], []))
        if entity.id in entity.releases:
            sentence = f'"{entity.id}" releases itself; name others'
            raise source.refuse((*path, "releases"), sentence)
    places = [BASELINE, *regimes]
    for number, regime in enumerate(document.regimes):
        path = ("regimes", number, "after")
        _check_known(source, path, regime.after or (), (places, triggers))
        if regime.after is not None and not {*regime.after} - {regime.id}:
            found = f'"{regime.id}" itself only' if regime.after else "nothing"
            sentence = f'after names {found}, so "{regime.id}" can never be entered'
            raise source.refuse(
                path, f"{sentence}; name other regimes or baseline, or leave it out"
            )
    for key, sleeve in (("basis", document.basis), ("carry", document.carry)):
        if sleeve is not None:
            _check_known(source, (key, "only_in"), sleeve.only_in, (places, triggers))


def _check_guards(document: PolicyDocument, source: Source) -> None:
    for number, trigger in enumerate(document.triggers):
        if trigger.only_if == "spot_near_target":
            sentence = "a trigger has no target weight of its own; spot_near_target is for regimes"
            raise source.refuse(("triggers", number, "only_if"), sentence)
    for number, regime in enumerate(document.regimes):
        if "near" in regime.model_fields_set and regime.only_if != "spot_near_target":
            sentence = f'regime "{regime.id}": near needs only_if = "spot_near_target" beside it'
            raise source.refuse(("regimes", number, "near"), sentence)


def _check_known(
    source: Source, path: Path, names: Sequence[str], known: tuple[Sequence[str], Sequence[str]]
) -> None:
    """Refuse names that are not in the first list; the second holds those of the other sort."""
    allowed, others = known
    key = str(path[-1])
    sort = _SORTS.get(key, "trigger or regime")
    for position, name in enumerate(names):
        if name in allowed:
            continue
        there = f"there are: {', '.join(allowed) or 'none'}"
        sentence = f'{key} names an unknown {sort} "{name}"; {there}{nearest(name, allowed)}'
        if name in others:
            other = "regime" if sort == "trigger" else "trigger"
            sentence = f'{key} names the {other} "{name}"; only a {sort} can stand here'
        raise source.refuse((*path, position), sentence)


def trigger_order(document: PolicyDocument) -> tuple[int, ...] | str:
    """Return the triggers in evaluation order, each after those it requires.

    Where that is impossible, the id of one that waits for itself.
    """
    numbers = {trigger.id: number for number, trigger in enumerate(document.triggers)}
    order: list[int] = []
    waiting = list(range(len(document.triggers)))
    while waiting:
        done = set(order)
        for number in waiting:
            if all(numbers[name] in done for name in document.triggers[number].while_active):
                order.append(number)
                waiting.remove(number)
                break
        else:
            return document.triggers[waiting[0]].id
    return tuple(order)


def _check_circles(document: PolicyDocument, source: Source) -> None:
    order = trigger_order(document)
    if isinstance(order, str):
        number = [trigger.id for trigger in document.triggers].index(order)
        sentence = f'trigger "{order}" waits for itself: while_active goes round in a circle'
        raise source.refuse(("triggers", number, "while_active"), sentence)


def _check_limits(limits: Limits, source: Source) -> None:
    defence = limits.margin_defence
    if defence is None:
        return
    path = ("limits", "margin_defence")
    if defence.until >= defence.margin_ratio:
        below = f"must be below margin_ratio, {defence.margin_ratio:g}"
        raise source.refuse((*path, "until"), f"until is {defence.until:g}, {below}")
    if defence.leverage < limits.leverage:
        sentence = (
            f"margin defence would start at leverage {defence.leverage:g}, "
            f"below limits.leverage, {limits.leverage:g}; raise the one or lower the other"
        )
        raise source.refuse((*path, "leverage"), sentence)


def _check_depeg(depeg: Depeg | None, source: Source) -> None:
    """Refuse bounds of a peg between which nothing lies, or that are back before they are left."""
    if depeg is None:
        return
    path = ("limits", "depeg")
    low, high = depeg.outside
    if not low < high:
        sentence = f"outside is {low:g} to {high:g}; write a range [from, to] such as [0.98, 1.02]"
        raise source.refuse((*path, "outside"), sentence)
    first, last = depeg.inside
    if not low <= first < last <= high:
        sentence = f"inside is {first:g} to {last:g}, must be a range within outside"
        raise source.refuse((*path, "inside"), f"{sentence}, {low:g} to {high:g}")


class _Target(NamedTuple):
    """One row of targets: where it stands, whose it is, spot and futures, and the limits on it."""

    path: Path
    name: str
    spans: tuple[Span, Span]
    limits: Limits


def _targets(document: PolicyDocument) -> Iterator[_Target]:
    """Yield every row of targets that a policy states."""
    limits, start = document.limits, document.baseline
    spans = ((start.spot, start.spot), (start.futures, start.futures))
    yield _Target((BASELINE, "futures"), BASELINE, spans, limits)
    for number, regime in enumerate(document.regimes):
        cap = limits.leverage if regime.leverage_cap is None else regime.leverage_cap
        capped = limits.model_copy(update={"leverage": min(limits.leverage, cap)})
        path = ("regimes", number, "futures")
        yield _Target(path, regime.id, (regime.spot, regime.futures), capped)
    for number, trigger in enumerate(document.triggers):
        target = trigger.effect.absolute
        if target is not None:
            where = ("triggers", number, "effect", "set", "futures")
            yield _Target(where, trigger.id, (target.spot, target.futures), limits)


def cut_by_coins(document: PolicyDocument) -> tuple[str, ...]:
    """Return whose futures are more than the coins of their spot back, whatever else is in force.

    What only several together come to, or a trigger's cap of leverage makes too much, a run knows.
    """
    most = document.limits.leverage
    rows = [
        target.name
        for target in _targets(document)
        if any(
            abs(futures) > target.limits.leverage * spot + _TINY
            for spot, futures in zip(*target.spans, strict=True)
        )
    ]
    covers = [one.id for one in document.triggers if max(one.effect.cover or (0.0,)) > most + _TINY]
    return tuple(dict.fromkeys([*rows, *covers]))


def check_targets(document: PolicyDocument, source: Source, *, in_coins: bool) -> None:
    """Check that no target is outside the limits of its policy.

    Parameters
    ----------
    document : PolicyDocument
        What the file says, defaults filled in.
    source : Source
        Where it says it.
    in_coins : bool
        Whether coins back the futures, and not cash: then a run cuts them to what is backed
        (``cut_by_coins``), and any may be asked for.

    Raises
    ------
    PolicyError
        With file, line, and what backs how much.
    """
    for target in _targets(document):
        _check_feasible(source, target, in_coins=in_coins)
    limits = document.limits
    for number, trigger in enumerate(document.triggers):
        path = ("triggers", number, "effect")
        cover = max(trigger.effect.cover or (0.0,))
        if cover > 1.0 and not limits.net_short:
            sentence = f"cover is {cover:g}, more than all spot, and limits.net_short is false"
            raise source.refuse((*path, "cover"), sentence)


def _check_feasible(source: Source, target: _Target, *, in_coins: bool) -> None:
    """Refuse targets that the rules 6 and 7 of domain 9.5 would change."""
    path, _, spans, limits = target
    for spot, futures in zip(*spans, strict=True):
        backed = limits.leverage * (1.0 - spot)
        pair = f"spot {spot:g} with futures {futures:+g}"
        if not in_coins and abs(futures) > backed + _TINY:
            sentence = (
                f"{pair} is outside the limits: {1.0 - spot:g} of cash at leverage "
                f"{limits.leverage:g} backs futures up to {backed:g} either way"
            )
            raise source.refuse(path, sentence)
        if not limits.net_short and futures < -spot - _TINY:
            raise source.refuse(path, f"{pair} is net short, and limits.net_short is false")


def _check_life(source: Source, path: Path, entity: LifeCycle) -> None:
    name = called(path, entity)
    ranges = _ranges(entity)
    if entity.failsafe_after is not None and entity.on_unknown != "failsafe":
        needs = f'failsafe_after needs on_unknown = "failsafe", it is "{entity.on_unknown}"'
        raise source.refuse((*path, "failsafe_after"), f"{name}: {needs}")
    if ranges and entity.strength is None:
        key = ranges[0]
        where = (*path, *key.split("."))
        sentence = f"{name}: {key} is a range, so a strength must say where between its ends"
        raise source.refuse(where, sentence)
    if entity.ratchet > 0.0 and not ranges:
        sentence = f"{name}: ratchet needs a size given as a range [from, to]"
        raise source.refuse((*path, "ratchet"), sentence)


def _ranges(entity: LifeCycle) -> list[str]:
    """Return the keys of an entity that hold a range."""
    sizes: dict[str, Span] = {}
    if isinstance(entity, Trigger):
        sizes = {f"effect.{key}": size for key, size in entity.effect.spans().items()}
    if isinstance(entity, Regime):
        sizes = {"spot": entity.spot, "futures": entity.futures}
    return [key for key, (low, high) in sizes.items() if low != high]


def _check_reclaim(source: Source, path: Path, entity: LifeCycle, trees: Conditions) -> None:
    broken = {node.text for node in breaches(trees.when)}
    for key, tree in trees.given.items():
        if len(broken) > 1 and any(node.name == HELD_RECLAIM for node in tree.walk()):
            sentence = (
                f"{called(path, entity)}, {key}: held_support(reclaim = true) speaks of the level "
                f"that the breach in when broke, and when holds {' and '.join(sorted(broken))}; "
                f"keep one of them, or make two triggers"
            )
            raise source.refuse((*path, key), sentence)


def _check_way_out(source: Source, path: Path, entity: LifeCycle, trees: Conditions) -> None:
    fault = ""
    if trees.release is not None:
        if _never_changes(trees.release):
            fault = "its release never changes; state one that comes true"
    elif _never_changes(trees.when):
        fault = "its condition never changes; state a release"
    elif trees.when.is_event:
        event = next(node for node in trees.when.walk() if _is_named_event(node))
        fault = f"{event.name} is true on single bars only; state a release"
    if fault:
        key = "when" if trees.release is None else "release"
        raise source.refuse((*path, key), f"{called(path, entity)} has no way out: {fault}")


def _never_changes(tree: Node) -> bool:
    return all(node.is_constant or node.children for node in tree.walk())


def _is_named_event(node: Node) -> bool:
    return node.name in FUNCTIONS and FUNCTIONS[node.name].event


def _check_effects(document: PolicyDocument, source: Source) -> None:
    total = 0
    for number, trigger in enumerate(document.triggers):
        total += _effects_of(source, ("triggers", number, "effect"), trigger)
    if total > MAX_EFFECTS:
        sentence = f"the triggers have {total} effects, at most {MAX_EFFECTS} are possible"
        raise source.refuse(("triggers",), sentence)


def _effects_of(source: Source, path: Path, trigger: Trigger) -> int:
    """Return how many effects a trigger has; refuse keys without the one they belong to."""
    effect = trigger.effect
    sizes = effect.spans()
    name = called(path, trigger)
    if not sizes and effect.alert is None:
        sentence = f"{name} has an empty effect; {{ alert = true }} arms it without a trade"
        raise source.refuse(path, sentence)
    needs = (
        ("cut_of", "cut_of" in effect.model_fields_set, "cut_longs"),
        ("freed_to", "freed_to" in effect.model_fields_set, "cut_longs"),
        ("else_hedge", effect.else_hedge is not None, "cut_longs"),
        ("flatten_longs_first", effect.flatten_longs_first, "hedge"),
    )
    for key, given, other in needs:
        if given and other not in sizes:
            raise source.refuse((*path, key), f"{name}: {key} needs {other} beside it")
    return len([key for key in sizes if key != "set.spot"])
