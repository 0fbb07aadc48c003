"""Random tracks and random policies, for what must hold on every one of them."""

import numpy as np

from steelyard.domain import codes
from steelyard.domain.plan import Costs, Plan, Signals, Track
from tests.support.plans import Actor, Effect, Scene, costs_of, moments_at, track_of


def random_track(seed: int, bars: int = 120, volatility: float = 0.03) -> Track:
    """Return bars of a random walk with a basis, gaps, outages, funding and evaluations."""
    rng = np.random.default_rng(seed)
    spot = 100.0 * np.exp(np.cumsum(rng.normal(0.0, volatility, bars + 1)))
    mark = spot * np.exp(rng.normal(0.0, 0.002, bars + 1))
    outages = [(leg, int(bar)) for leg in range(2) for bar in rng.integers(0, bars, 6)]
    settled = rng.normal(0.0, 0.002, bars // 8)
    track = track_of(
        spot.tolist(),
        mark=mark.tolist(),
        funding={8 * i + 7: float(rate) for i, rate in enumerate(settled)},
        closed=outages,
        moments=sorted(rng.choice(bars, bars // 6, replace=False).tolist()),
    )
    gaps = np.exp(rng.normal(0.0, volatility / 3.0, track.open.shape))
    track.open[:] *= gaps
    track.first_fill[0] *= gaps[:, 0].T * np.exp(rng.normal(0.0, 0.0005, (2, bars)))
    wick = np.exp(np.abs(rng.normal(0.0, volatility / 2.0, track.open.shape)))
    track.high[:] = np.maximum(track.open, track.close) * wick
    track.low[:] = np.minimum(track.open, track.close) / wick
    return track


def random_effect(rng: np.random.Generator) -> Effect:
    """Return an effect of any kind and size, sometimes a range."""
    kind = int(rng.integers(0, 6))
    low, high = np.sort(rng.random(2)).tolist()
    if kind == codes.LEVEL:
        low, high = 1.5 * low, 1.5 * high
    if kind == codes.LEVERAGE_CAP:
        low, high = 0.2 + 2.0 * low, 0.2 + 2.0 * high
    flags = {
        codes.STEP: int(rng.choice([0, codes.FREED_TO_SPOT, codes.CUT_OF_EQUITY])),
        codes.ADDITIVE: int(rng.choice([0, codes.ELSE_HEDGE, codes.FLATTEN_LONGS_FIRST])),
    }.get(kind, 0)
    second = float(rng.uniform(-1.5, 1.0)) if kind == codes.ABSOLUTE else 0.0
    return Effect(kind=kind, size=(low, high), futures=second, flags=flags)


def random_text(rng: np.random.Generator, size: int, unknown: float = 0.1) -> str:
    """Return a condition's values that last a while: T, F and some U."""
    truth = np.repeat(rng.random(size // 3 + 1) < 0.5, 3)[:size]
    lost = rng.random(size) < unknown
    return "".join("U" if u else "T" if t else "F" for t, u in zip(truth, lost, strict=True))


def random_rule(rng: np.random.Generator) -> dict[str, float]:
    window = int(rng.integers(1, 4))
    return {
        "confirm_window": window,
        "confirm_needed": int(rng.integers(1, window + 1)),
        "release_confirm": int(rng.integers(1, 3)),
        "dwell": int(rng.integers(0, 4)),
        "cooldown": int(rng.integers(0, 3)),
        "unwind": int(rng.choice([0, 0, 2, 4])),
        "validity": 2,
        "on_unknown": int(rng.integers(0, 3)),
        "failsafe_after": int(rng.integers(-1, 3)),
        "severity": int(rng.integers(0, 4)),
        "guard": int(rng.choice([0, 0, codes.HEDGE_IN_PROFIT])),
        "ratchet": float(rng.choice([0.0, 0.1])),
    }


def random_actor(rng: np.random.Generator, size: int) -> Actor:
    """Return a trigger with one or two effects."""
    return Actor(
        when=random_text(rng, size),
        release=random_text(rng, size) if rng.random() < 0.5 else None,
        strength=rng.random(size).tolist(),
        rule=random_rule(rng),
        effects=[random_effect(rng) for _ in range(int(rng.integers(1, 3)))],
    )


def random_regime(rng: np.random.Generator, size: int, number: int) -> Actor:
    """Return a regime, sometimes one that is entered from another only."""
    return Actor(
        when=random_text(rng, size),
        release=random_text(rng, size) if rng.random() < 0.5 else None,
        strength=rng.random(size).tolist(),
        rule=random_rule(rng),
        after=[int(rng.integers(-1, 3))] if number > 0 and rng.random() < 0.3 else None,
        spot=float(rng.random()),
        futures=float(rng.uniform(-2.0, 1.5)),
        cap=float(rng.choice([np.inf, 1.0])),
    )


def random_scene(seed: int, size: int, *, leverage: float | None = None) -> Scene:
    """Return a policy of three triggers and three regimes, with conditions for ``size`` moments."""
    rng = np.random.default_rng(seed)
    limit = float(rng.choice([1.0, 2.0, 5.0, 15.0])) if leverage is None else leverage
    return Scene(
        triggers=[random_actor(rng, size) for _ in range(3)],
        regimes=[random_regime(rng, size, number) for number in range(3)],
        baseline=(float(rng.random()), float(rng.uniform(-1.0, 1.0)) * limit),
        limits={
            "leverage": limit,
            "net_short": int(rng.random() < 0.8),
            "turnover_per_day": float(rng.choice([0.3, 1.0, 10.0])),
            "defence_ratio": float(rng.choice([0.5, np.inf])),
            "defence_leverage": float(rng.choice([limit * 1.5, np.inf])),
            "defence_until": 0.3,
            "min_notional": 100.0,
        },
        moments=size,
    )


def random_costs(seed: int) -> Costs:
    rng = np.random.default_rng(seed)
    return costs_of(
        fee=(0.001, 0.0005),
        half_spread_bps=1.0,
        impact=1.0,
        liquidation_fee=float(rng.choice([0.0, 0.0125])),
        lot=(float(rng.choice([0.0, 0.01])), float(rng.choice([0.0, 0.1]))),
        least=(5.0, 100.0),
    )


def random_run(seed: int, bars: int = 120) -> tuple[Plan, Signals, Track, Costs]:
    """Return a random policy on a random track, ready to be walked."""
    track = random_track(seed, bars, volatility=(0.003, 0.02, 0.06)[seed % 3])
    moments = int((track.moment >= 0).sum()) + 1
    scene = random_scene(seed, moments)
    return scene.plan(), moments_at(scene.signals(), track), track, random_costs(seed)
