"""The metrics against the vectors ``metrics`` and ``metrics_min_variance_hedge``."""

from steelyard.report import metrics
from tests.support import statistics
from tests.support.vectors import Node, each_case


@each_case("metrics", "input", "unhedged")
def test_the_unhedged_returns_have_the_metrics_of_the_vector(case: Node) -> None:
    assert _run_differences(case, "unhedged") == []


@each_case("metrics", "input", "hedged")
def test_the_hedged_returns_have_the_metrics_of_the_vector(case: Node) -> None:
    assert _run_differences(case, "hedged") == []


def _run_differences(case: Node, name: str) -> list[str]:
    daily = case.series()
    nav = statistics.growth(daily)
    found = {
        "total_return": float(nav[-1]) - 1.0,
        "cagr": metrics.cagr(nav),
        "vol_ann": metrics.volatility(daily),
        "sharpe": metrics.sharpe(daily),
        "sortino": metrics.sortino(daily),
        "max_drawdown": metrics.max_drawdown(nav),
        "max_drawdown_index": statistics.max_drawdown_index(nav),
        "longest_underwater_bars": metrics.longest_underwater(nav),
        "calmar": metrics.calmar(nav),
        "cvar95": metrics.cvar_95(daily),
        "var95_worst_k": statistics.var_95(daily),
        "k": metrics.tail_count(daily.size),
        "skew": statistics.standard_moment(daily, 3),
        "kurtosis": statistics.standard_moment(daily, 4),
    }
    return case.root["expected"][name].differences(found)


@each_case("metrics")
def test_the_hedge_did_what_the_vector_says(case: Node) -> None:
    hedged, unhedged = case["input"]["hedged"].series(), case["input"]["unhedged"].series()
    ratio = case["input"]["hedge_ratio"].series()
    found = {
        "hedge_effectiveness": metrics.hedge_effectiveness(hedged, unhedged),
        "downside_hedge_effectiveness": metrics.downside_hedge_effectiveness(hedged, unhedged),
        "time_hedged_h_ge_0.1": metrics.time_hedged(ratio),
        "mean_hedge_ratio": metrics.mean_hedge_ratio(ratio),
        "correlation": statistics.correlation(hedged, unhedged),
    }

    assert case["expected"].differences(found) == []


@each_case("metrics_min_variance_hedge")
def test_the_least_variance_needs_the_ratio_of_the_vector(case: Node) -> None:
    spot, futures = case["dS"].series(), case["dF"].series()
    ratio = statistics.minimum_variance_ratio(spot, futures)
    effectiveness = statistics.correlation(spot, futures) ** 2
    full = metrics.hedge_effectiveness(spot - futures, spot)

    assert case["hedge_ratio"].differences(ratio) == []
    assert case["effectiveness"].differences(effectiveness) == []
    assert case["naive_effectiveness_h1"].differences(full) == []
