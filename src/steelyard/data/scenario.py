"""This file is the plot of the synthetic market: where price, mood and volume head, by day.

Between two rows everything runs in a straight line; the generator adds the noise. Day 0 is a
Monday, and two years before the parabola make every window of the article's rules known.
"""

from typing import Final

DAYS: Final = 1130
"""Length of the synthetic market."""

FIRST_PRICE: Final = 20_000.0

MARK_FROM_DAY: Final = 60
"""The mark price begins later, as in real history: by then volume and volatility are known."""

CLOSES: Final = (
    # Accumulation: a wide range far below.
    (0, 20_100.0),
    (20, 21_600.0),
    (40, 18_600.0),
    (62, 21_800.0),
    (85, 18_500.0),
    (108, 22_000.0),
    (128, 18_700.0),
    (150, 21_500.0),
    # First rise, and a year below a ceiling at 31,000, touched again and again.
    (190, 25_500.0),
    (200, 24_500.0),
    (235, 30_800.0),
    (262, 27_100.0),
    (290, 30_800.0),
    (318, 27_000.0),
    (345, 30_800.0),
    (358, 30_200.0),
    # A sudden fall that is bought within days: ranges and implied volatility jump.
    (361, 26_900.0),
    (368, 28_800.0),
    (385, 27_200.0),
    (402, 30_800.0),
    (420, 28_000.0),
    # Stuck under the ceiling while open interest climbs.
    (434, 30_450.0),
    (446, 30_600.0),
    # Second rise.
    (455, 33_500.0),
    (500, 39_000.0),
    (512, 38_000.0),
    (540, 44_000.0),
    # A floor at 40,000, touched four times: the support that breaks a year later.
    (556, 40_200.0),
    (574, 44_300.0),
    (592, 40_200.0),
    (612, 44_400.0),
    (632, 40_200.0),
    (650, 44_300.0),
    (664, 40_300.0),
    (680, 44_000.0),
    # The parabola: a pause on thin ranges, a jump, and heavy trading at the top.
    (700, 47_500.0),
    (720, 54_000.0),
    (738, 62_500.0),
    (752, 68_000.0),
    (774, 68_200.0),
    (775, 74_500.0),
    (777, 76_500.0),
    (783, 77_500.0),
    (784, 76_800.0),
    # The crash: in one go to 57,000, then step by step through the floor.
    (785, 71_000.0),
    (788, 63_500.0),
    (791, 57_000.0),
    (799, 62_500.0),
    (806, 57_000.0),
    (815, 59_500.0),
    (824, 52_500.0),
    (832, 54_500.0),
    (840, 47_000.0),
    (847, 48_500.0),
    (852, 43_500.0),
    (857, 44_300.0),
    (861, 38_500.0),
    (866, 36_500.0),
    (871, 33_000.0),
    # A quiet range.
    (880, 34_800.0),
    (895, 34_200.0),
    (910, 35_000.0),
    (928, 34_200.0),
    (945, 35_000.0),
    (962, 34_300.0),
    (980, 35_000.0),
    (1000, 34_600.0),
    # Recovery.
    (1015, 37_000.0),
    (1040, 42_500.0),
    (1048, 41_600.0),
    (1075, 48_000.0),
    (1085, 47_000.0),
    (1110, 53_500.0),
    (1129, 57_500.0),
)
"""Day and closing price."""

UNREST: Final = (
    (0, 0.022),
    (150, 0.022),
    (190, 0.030),
    (235, 0.026),
    (300, 0.022),
    (357, 0.018),
    (359, 0.090),
    (363, 0.090),
    (368, 0.040),
    (380, 0.024),
    (430, 0.018),
    (446, 0.018),
    (455, 0.030),
    (540, 0.030),
    (560, 0.024),
    (680, 0.024),
    (720, 0.034),
    (750, 0.036),
    (755, 0.016),
    (774, 0.016),
    (775, 0.040),
    (784, 0.034),
    (785, 0.120),
    (793, 0.120),
    (800, 0.060),
    (850, 0.045),
    (858, 0.045),
    (860, 0.110),
    (867, 0.110),
    (875, 0.050),
    (890, 0.020),
    (1000, 0.014),
    (1015, 0.026),
    (1060, 0.020),
    (1129, 0.018),
)
"""Day and usual distance between its high and low, as a fraction of the price."""

VOLUMES: Final = (
    (0, 800.0),
    (150, 800.0),
    (235, 1_300.0),
    (300, 900.0),
    (357, 800.0),
    (360, 4_500.0),
    (370, 1_500.0),
    (430, 900.0),
    (455, 1_500.0),
    (540, 1_500.0),
    (680, 1_000.0),
    (752, 2_200.0),
    (774, 1_400.0),
    (776, 9_000.0),
    (783, 9_000.0),
    (784, 14_000.0),
    (790, 9_000.0),
    (800, 4_000.0),
    (855, 3_000.0),
    (863, 8_000.0),
    (880, 2_500.0),
    (1000, 700.0),
    (1129, 1_300.0),
)
"""Day and coins traded an hour."""

FUNDING: Final = (
    (0, 0.00010),
    (500, 0.00010),
    (520, 0.00030),
    (545, 0.00010),
    (690, 0.00012),
    (712, 0.00070),
    (730, 0.00090),
    (735, 0.00140),
    (752, 0.00150),
    (756, 0.00075),
    (773, 0.00075),
    (775, 0.00150),
    (784, 0.00160),
    (786, 0.00010),
    (790, -0.00030),
    (806, 0.00002),
    (840, -0.00010),
    (862, -0.00060),
    (880, -0.00005),
    (930, 0.00006),
    (1129, 0.00012),
)
"""Day and settled rate of eight hours."""

OPEN_INTEREST: Final = (
    (0, 60_000.0),
    (235, 75_000.0),
    (420, 80_000.0),
    (436, 82_000.0),
    (444, 108_000.0),
    (452, 98_000.0),
    (540, 100_000.0),
    (690, 105_000.0),
    (752, 125_000.0),
    (784, 152_000.0),
    (790, 96_000.0),
    (862, 82_000.0),
    (900, 72_000.0),
    (1000, 80_000.0),
    (1129, 105_000.0),
)
"""Day and open positions in coins."""

IMPLIED_VOL: Final = (
    (0, 58.0),
    (150, 54.0),
    (235, 62.0),
    (300, 54.0),
    (357, 50.0),
    (360, 88.0),
    (372, 68.0),
    (400, 55.0),
    (450, 58.0),
    (540, 64.0),
    (640, 54.0),
    (700, 62.0),
    (752, 78.0),
    (774, 70.0),
    (784, 84.0),
    (789, 118.0),
    (800, 98.0),
    (850, 84.0),
    (862, 112.0),
    (880, 84.0),
    (920, 62.0),
    (1000, 47.0),
    (1060, 55.0),
    (1129, 57.0),
)
"""Day and implied volatility of the next 30 days, percent a year."""

FEAR_GREED: Final = (
    (0, 45.0),
    (150, 34.0),
    (235, 62.0),
    (357, 48.0),
    (361, 16.0),
    (372, 34.0),
    (450, 56.0),
    (540, 70.0),
    (640, 52.0),
    (720, 80.0),
    (784, 90.0),
    (790, 22.0),
    (862, 8.0),
    (900, 20.0),
    (1000, 42.0),
    (1129, 64.0),
)
"""Day and the index of fear and greed, 0 to 100."""

VIX: Final = (
    (0, 17.0),
    (357, 15.0),
    (361, 36.0),
    (380, 21.0),
    (640, 15.0),
    (752, 17.0),
    (789, 31.0),
    (800, 24.0),
    (862, 35.0),
    (900, 24.0),
    (1129, 16.0),
)
"""Day and implied volatility of stocks, percent a year."""

DXY: Final = (
    (0, 100.0),
    (300, 97.0),
    (540, 95.0),
    (750, 94.0),
    (840, 94.5),
    (862, 98.5),
    (880, 100.0),
    (1129, 97.0),
)
"""Day and the index of the dollar."""

BUSINESS_DAYS: Final = 5
"""Days of a week, from Monday, on which stocks and currencies are quoted."""

STRAY: Final = 0.45
"""Deviation of daily closes from the plot, as a part of the day's unrest."""

MAX_STRAY: Final = 0.014
"""Largest usual deviation, as a fraction of the price: in a crash the plot decides."""

EXHAUSTION_DAY: Final = 784
EXHAUSTION_PATH: Final = ((0, 0.0), (9, 0.082), (13, 0.050), (19, 0.004), (24, 0.0))
"""Hour and rise above the plot on the day that the rise ends: up by 8 %, and all given back."""

CONTRACT_LISTED_DAY: Final = 634
CONTRACT_BASIS: Final = (
    (0, 0.06),
    (690, 0.08),
    (735, 0.22),
    (784, 0.26),
    (792, 0.03),
    (1129, 0.05),
)
"""Day and annualised basis of the quarterly contract."""
