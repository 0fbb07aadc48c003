"""This file measures how often a sub-expression is asked for and worked out, and for how long."""

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from steelyard.domain.market import Market
from steelyard.engine.dates import period
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.evaluate import Remembered, evaluate_signals
from steelyard.policy.load import Policy, load_policy

Clock = Callable[[], float]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubExpression:
    """One distinct sub-expression on one grid.

    Parameters
    ----------
    text : str
        Canonical: what means the same has the same text.
    grid : str
        ``1d``, ``funding``, or the moments at which the policy is evaluated.
    asked, computed : int
        How often its values were wanted, and how often they were worked out.
    seconds : float
        Spent on it alone, what it is made of left out.
    """

    text: str
    grid: str
    asked: int
    computed: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCost:
    """What one policy added to what was worked out before it.

    Parameters
    ----------
    name : str
    asked, computed : int
        Sub-expressions it wanted, and those that nobody had wanted before.
    seconds : float
        From its first question to its last answer.
    """

    name: str
    asked: int
    computed: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What it took to work out the signals of policies that share a market.

    Parameters
    ----------
    expressions : tuple of SubExpression
        The dearest first; plain numbers are left out.
    policies : tuple of PolicyCost
        In the order in which they were evaluated.
    """

    expressions: tuple[SubExpression, ...]
    policies: tuple[PolicyCost, ...]

    @property
    def asked(self) -> int:
        """Return how often sub-expressions were asked for, over all policies."""
        return sum(each.asked for each in self.expressions)

    @property
    def computed(self) -> int:
        """Return how often sub-expressions were worked out, over all policies."""
        return sum(each.computed for each in self.expressions)

    @property
    def seconds(self) -> float:
        """Return how long all policies took."""
        return sum(each.seconds for each in self.policies)


class Recorder(MutableMapping[Key, Remembered]):
    """A memo that counts who asks it: handed to the evaluation in place of a plain one.

    A key that is not there is about to be worked out, so its time runs from the question to the
    answer, less that of the questions in between.

    Parameters
    ----------
    clock : callable
        Returns seconds.
    """

    def __init__(self, clock: Clock = perf_counter) -> None:
        self.known: dict[Key, Remembered] = {}
        self.asked: dict[Key, int] = {}
        self.computed: dict[Key, int] = {}
        self.seconds: dict[Key, float] = {}
        self._clock = clock
        self._open: list[list[float]] = []

    def __getitem__(self, key: Key) -> Remembered:
        self.asked[key] = self.asked.get(key, 0) + 1
        if key not in self.known:
            self._open.append([self._clock(), 0.0])
        return self.known[key]

    def __setitem__(self, key: Key, value: Remembered) -> None:
        began, inside = self._open.pop()
        took = self._clock() - began
        if self._open:
            self._open[-1][1] += took
        self.known[key] = value
        self.computed[key] = self.computed.get(key, 0) + 1
        self.seconds[key] = self.seconds.get(key, 0.0) + took - inside

    def __delitem__(self, key: Key) -> None:
        del self.known[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)

    def expressions(self) -> tuple[SubExpression, ...]:
        """Return what was asked for, the dearest first; plain numbers cost nothing."""
        found = [
            SubExpression(
                text=key[0],
                grid=key[1],
                asked=asked,
                computed=self.computed[key],
                seconds=self.seconds[key],
            )
            for key, asked in self.asked.items()
            if not _is_number(key[0])
        ]
        return tuple(sorted(found, key=lambda each: (-each.seconds, each.text)))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def profile(
    policies: Sequence[Policy | str],
    market: Market,
    *,
    start: str | None = None,
    end: str | None = None,
    clock: Clock = perf_counter,
) -> Profile:
    """Return what it takes to work out the signals of policies one after the other on one market.

    Every policy is evaluated once before, so that nothing compiles while the clock runs.

    Parameters
    ----------
    policies : sequence of Policy or str
        Loaded, or by name or path; each profits from what the ones before it wanted.
    market : Market
        What they are evaluated on.
    start, end : str, optional
        As for ``backtest``.
    clock : callable
        Returns seconds.

    Raises
    ------
    PolicyError
        If a policy cannot be run.
    DataError
        If the market lacks a series that a policy needs.
    RequestError
        If the dates lie outside the data.
    """
    start_ms, end_ms = period(market, start, end)
    loaded = [load_policy(each) if isinstance(each, str) else each for each in policies]
    compiled = [compile_policy(each) for each in loaded]
    for each in compiled:
        evaluate_signals(each, market, start_ms, end_ms)
    recorder = Recorder(clock)
    costs = [_cost(each, market, (start_ms, end_ms), recorder, clock) for each in compiled]
    return Profile(expressions=recorder.expressions(), policies=tuple(costs))


def _cost(
    compiled: CompiledPolicy,
    market: Market,
    between: tuple[int, int],
    recorder: Recorder,
    clock: Clock,
) -> PolicyCost:
    before = recorder.expressions()
    began = clock()
    evaluate_signals(compiled, market, *between, recorder)
    seconds = clock() - began
    after = recorder.expressions()
    return PolicyCost(
        name=compiled.policy.name,
        asked=sum(each.asked for each in after) - sum(each.asked for each in before),
        computed=sum(each.computed for each in after) - sum(each.computed for each in before),
        seconds=seconds,
    )
