"""Words in a picture stand where they meet nothing: the page's script, run by node."""

import pytest

from tests.support.page_script import in_the_page, needs_node

pytestmark = needs_node


@pytest.mark.parametrize(
    ("taken", "place"),
    [
        ([], 10),
        # Words above 100 reach up to 85: what ends at 84 or begins at 100 is not met.
        ([[0, 40, 60, 84], [0, 40, 100, 120]], 10),
        ([[0, 40, 90, 95]], 40),
        # Behind the first comes the second, which leaves 60 pixels before 160.
        ([[0, 40, 90, 95], [90, 100, 70, 86]], 100),
        ([[0, 40, 90, 95], [90, 101, 70, 86]], None),
        ([[150, 151, 90, 95], [60, 61, 90, 95]], 61),
    ],
)
def test_words_stand_at_the_first_place_where_they_meet_nothing(
    taken: list[list[int]], place: int | None
) -> None:
    found = in_the_page(f"freePlace({taken}, 10, 160, 60, 100)", "places.js")

    assert found == place
