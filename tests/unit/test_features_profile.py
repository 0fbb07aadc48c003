"""The volume profile by hand: where the coins go, where the value area ends, what a shelf is."""

import numpy as np
import pytest

from steelyard.features.profile import Layout, Profiles, poc, profiles, shelf, vah, val
from steelyard.features.profile_shape import profile_shape

NAN = float("nan")


def of_bars(
    low: list[float], high: list[float], volume: list[float], bins: int, *, by_time: bool = False
) -> Profiles:
    """Return the profile of all the given bars."""
    layout = Layout(len(low), bins, by_time)
    return profiles(np.array(low), np.array(high), np.array(volume), np.array([len(low)]), layout)


def of_bins(volume: list[float]) -> Profiles:
    """Return a profile of bins that are 1 wide, from the price 100 on."""
    return Profiles(np.array([100.0]), np.array([100.0 + len(volume)]), np.array([volume]))


def test_a_bar_is_spread_by_overlap_and_a_bar_of_one_price_goes_to_its_bin() -> None:
    # Bins 100-102, 102-104, 104-106. 8 coins over 101-105: 2, 4, 2; 3 coins at 106: the last bin;
    # 5 coins at 102, an edge, belong above it; 6 coins over 100-106: 2 each.
    found = of_bars([101.0, 106.0, 102.0, 100.0], [105.0, 106.0, 102.0, 106.0], [8, 3, 5, 6], 3)

    assert (found.low[0], found.high[0]) == (100.0, 106.0)
    assert found.volume[0].tolist() == [4.0, 11.0, 7.0]


@pytest.mark.parametrize(("bottom", "top", "bins"), [(2.0, 20.9, 3), (99.9, 107.3, 7)])
def test_a_price_a_hair_below_an_edge_belongs_below_it(
    bottom: float, top: float, bins: int
) -> None:
    # One coin just below every inner edge, one on it, none elsewhere: the outermost bins have one.
    edges = np.linspace(bottom, top, bins + 1)[1:-1]
    prices = [bottom, *np.nextafter(edges, 0.0), *edges, top]
    found = of_bars(prices, prices, [0.0, *[1.0] * (2 * bins - 2), 0.0], bins)

    assert found.volume[0].tolist() == [1.0, *[2.0] * (bins - 2), 1.0]


def test_a_profile_of_time_counts_each_bar_once_in_every_bin_it_passes_through() -> None:
    # The second bar ends on the edge 102 and so does not pass through the bin above it.
    # The last one is missing.
    low, high = [101.0, 100.0, 104.0, NAN], [105.0, 102.0, 106.0, NAN]
    found = of_bars(low, high, [8, 3, 5, NAN], 3, by_time=True)

    assert found.volume[0].tolist() == [2.0, 1.0, 2.0]


def test_the_window_slides_and_begins_when_enough_bars_have_begun() -> None:
    low = np.array([10.0, 20.0, 30.0, 40.0])
    found = profiles(low, low + 10.0, np.ones(4), np.array([1, 2, 3, 4]), Layout(2, 2))

    assert np.isnan(found.low[0])
    assert found.low[1:].tolist() == [10.0, 20.0, 30.0]
    assert found.high[1:].tolist() == [30.0, 40.0, 50.0]
    assert found.volume.tolist() == [[0, 0], [1, 1], [1, 1], [1, 1]]


def test_missing_bars_are_left_out_until_more_than_half_are_missing() -> None:
    low = np.array([10.0, NAN, NAN, 20.0, NAN])
    found = profiles(low, low + 10.0, np.ones(5), np.array([4, 5]), Layout(4, 2))

    # Two of four are half; of the next four only one is there.
    assert found.volume[0].tolist() == [1.0, 1.0]
    assert np.isnan(found.low[1])
    assert np.isnan([poc(found)[1], val(found, 0.7)[1], vah(found, 0.7)[1]]).all()
    assert np.isnan(shelf(found, 1.5, 0.2, 3.0)[1])


@pytest.mark.parametrize(("high", "volume"), [([5.0, 5.0], [1.0, 1.0]), ([6.0, 6.0], [0.0, 0.0])])
def test_without_a_range_or_a_trade_there_is_no_profile(
    high: list[float], volume: list[float]
) -> None:
    found = profile_shape(of_bars([5.0, 5.0], high, volume, 3), 0)

    assert found.poc_bin == -1
    assert np.isnan([found.poc, found.val, found.vah, found.value_area_share, *found.edges]).all()
    assert (found.steps, found.shelves, found.high_nodes, found.low_nodes) == ((), (), (), ())


@pytest.mark.parametrize(
    ("volume", "peak"),
    [
        ([5, 1, 1, 5, 1], 3),  # bin 3 is one from the middle, bin 0 two
        ([1, 5, 1, 5, 1], 1),  # both one: the lower
        ([5, 5, 5, 5], 1),  # 1 and 2 are half a bin from the middle
        ([0.1 + 0.2, 0.1, 0.3], 0),  # 0.30000000000000004 is 0.3: equal, both one away: the lower
    ],
)
def test_the_bin_with_most_volume_is_the_nearest_to_the_middle_then_the_lower(
    volume: list[float], peak: int
) -> None:
    assert poc(of_bins(volume)).tolist() == [100.5 + peak]


def test_the_value_area_takes_two_bins_at_a_time_from_the_larger_side() -> None:
    # Of 20: 8, then above 1 + 2 = 3 against below 2 + 3 = 5: 13; then 3 against 1: 16 of 20 = 80 %.
    found = profile_shape(of_bins([1, 3, 2, 8, 1, 2, 3]), 0, area=0.70)

    assert found.steps == (-2, 2)
    assert (found.val, found.vah) == (101.0, 106.0)
    assert found.value_area_share == pytest.approx(16 / 20)


def test_a_tie_grows_the_value_area_upwards_and_the_bound_itself_is_enough() -> None:
    # 4 of 10; above 1 + 1 and below 1 + 1: up; 6 of 10; then below: 8 of 10, exactly 80 %.
    volume = of_bins([1, 1, 1, 4, 1, 1, 1])

    assert profile_shape(volume, 0, area=0.80).steps == (2, -2)
    assert (val(volume, 0.80)[0], vah(volume, 0.80)[0]) == (101.0, 106.0)


def test_one_bin_is_taken_where_only_one_is_left_and_the_end_ends_it() -> None:
    # 5 of 9, then the two below: 8 of 9; only the one above is left.
    found = profile_shape(of_bins([1, 2, 5, 1]), 0, area=1.0)

    assert found.steps == (-2, 1)
    assert (found.val, found.vah, found.value_area_share) == (100.0, 104.0, 1.0)


# The mean of ten bins that hold 40 together is 4; 1.5 of it is 6.
PEAK = [1, 1, 4, 4, 4, 4, 4, 6, 6, 6]
LOW = [6, 6, 6, 4, 4, 4, 4, 4, 1, 1]


def test_a_massive_shelf_stands_in_the_top_third() -> None:
    # Bins 7 to 9 hold 18 of 40; their centre is at 8.5 of 10.
    found = profile_shape(of_bins(list(map(float, PEAK))), 0)

    assert [(one.first_bin, one.last_bin, one.massive_at_peak) for one in found.shelves] == [
        (7, 9, True)
    ]
    assert found.shelves[0].volume_share == pytest.approx(18 / 40)
    assert found.shelves[0].centre == pytest.approx(108.5)
    assert (found.shelves[0].low, found.shelves[0].high) == (107.0, 110.0)


@pytest.mark.parametrize(
    ("volume", "heavy", "share", "top", "expected"),
    [
        (PEAK, 1.5, 0.20, 3.0, 1.0),
        (PEAK, 1.5, 0.45, 3.0, 1.0),  # exactly 18 of 40
        (PEAK, 1.5, 0.46, 3.0, 0.0),
        (PEAK, 1.6, 0.20, 3.0, 0.0),  # no bin reaches 6.4
        (LOW, 1.5, 0.20, 3.0, 0.0),  # the centre is at 0.15
        (LOW, 1.5, 0.20, 1.0, 1.0),  # anywhere is good
        (PEAK, 1.5, 0.20, 1 / 0.15, 1.0),  # 0.85 is exactly where the top 15 % begin
        (PEAK, 1.5, 0.20, 7.0, 0.0),
    ],
)
def test_every_number_of_a_shelf_is_an_argument_and_its_bound_counts(
    volume: list[float], heavy: float, share: float, top: float, expected: float
) -> None:
    assert shelf(of_bins(list(map(float, volume))), heavy, share, top).tolist() == [expected]


def test_nodes_are_peaks_and_troughs_of_the_three_bin_mean() -> None:
    # Means of three, of two at the ends: 1, 4, 7, 6.33, 3, 0, 0; of all 21 / 7 = 3.
    found = profile_shape(of_bins([0.0, 2.0, 10.0, 9.0, 0.0, 0.0, 0.0]), 0)

    assert found.high_nodes == (2,)
    assert found.low_nodes == (0, 5)


def test_the_edges_to_draw_are_the_edges_that_were_filled() -> None:
    found = profile_shape(of_bars([100.0], [106.0], [6.0], 3), 0)

    assert found.edges.tolist() == [100.0, 102.0, 104.0, 106.0]
    assert found.volume.tolist() == [2.0, 2.0, 2.0]
