"""This file replays a policy bar by bar over history, to be held against the compiled walk."""

from steelyard.domain.plan import Account, Costs, Plan, Signals, Track
from steelyard.domain.record import Walk
from steelyard.engine.runner import Runner
from steelyard.kernel.book import open_book
from steelyard.kernel.walk import outcome
from steelyard.venues.sim import SimulatedVenue


def replay(
    plan: Plan,
    signals: Signals,
    track: Track,
    costs: Costs,
    cash: float,
    account: Account | None = None,
) -> Walk:
    """Return the outcome of a policy over a track, run one bar at a time.

    Parameters
    ----------
    cash : float, quote
        What the account begins with.
    account : Account, optional
        One with other terms than a plain one's, which holds ``cash``; it is written into.
    """
    book = open_book(plan, signals, track, cash, account)
    broker = SimulatedVenue(track=track, costs=costs)
    runner = Runner(plan=plan, signals=signals, track=track, costs=costs, book=book, broker=broker)
    runner.begin()
    for bar in range(track.open_ms.size):
        runner.step(bar)
    return outcome(book, signals, track, cash)
