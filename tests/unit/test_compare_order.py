"""What stands under compared clips, and in which order they stand."""

from __future__ import annotations

import pytest

from framepack_widgets.images import ImageData
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.compare.differing import differing, flat
from framepack_widgets.widgets.compare.sorting import GIVEN, METRICS, choices, order


def texts(*settings: Settings | None) -> list[dict[str, str]]:
    return [{item.name: item.text for item in items} for items in differing(settings)]


def test_only_what_differs_is_told() -> None:
    base = Settings(prompt="a cat", seed=7, cfg_scale=1.0, steps=25)
    assert texts(base, base.replace(cfg_scale=1.5), base.replace(cfg_scale=2, seed=8)) == [
        {"seed": "7", "cfg_scale": "1"},
        {"seed": "7", "cfg_scale": "1.5"},
        {"seed": "8", "cfg_scale": "2"},
    ]


def test_the_same_settings_differ_in_nothing() -> None:
    assert texts(Settings(seed=7), Settings(seed=7)) == [{}, {}]
    assert texts(Settings(cfg_scale=1), Settings(cfg_scale=1.0)) == [{}, {}]
    assert texts() == []


def test_each_lora_is_a_setting_of_its_own() -> None:
    film, both = Settings(loras={"film": 0.5}), Settings(loras={"film": 0.5, "anime": 1})
    assert texts(film, both) == [{"loras.anime": "unset"}, {"loras.anime": "1"}]
    assert flat(both) == {"loras.film": 0.5, "loras.anime": 1}


def test_who_has_no_settings_makes_no_differences() -> None:
    assert texts(Settings(seed=1), None, Settings(seed=1)) == [{}, {}, {}]
    assert texts(Settings(seed=1), None, Settings(seed=2)) == [{"seed": "1"}, {}, {"seed": "2"}]


def test_long_prompts_show_where_they_part_and_keep_the_whole() -> None:
    start = "a very long and detailed description of a cat that sits and "
    found = differing([Settings(prompt=start + "yawns"), Settings(prompt=start + "sleeps")])
    assert [items[0].text for items in found] == ["…yawns", "…sleeps"]
    assert found[0][0].whole == start + "yawns"
    long = differing([Settings(prompt="x" * 5000), Settings(prompt="y")])
    assert len(long[0][0].whole) < 500


def test_frames_are_told_apart_by_their_content() -> None:
    import numpy as np

    red, blue = (ImageData.of(np.full((8, 8, 3), colour, np.uint8)) for colour in (10, 200))
    shown = texts(Settings(start_frame=red), Settings(start_frame=blue))
    assert shown[0] != shown[1]
    assert texts(Settings(start_frame=red), Settings(start_frame=red)) == [{}, {}]
    kept = f"/library/inputs/{'ab' * 32}.png", f"/library/inputs/{'cd' * 32}.png"
    shown = texts(*(Settings(start_frame=name) for name in kept))
    assert [row["start_frame"] for row in shown] == ["image ababab", "image cdcdcd"]


def test_fields_of_other_studios_come_last() -> None:
    found = texts(Settings(seed=1, motion_strength=2), Settings(seed=2, motion_strength=3))
    assert list(found[0]) == ["seed", "motion_strength"]


@pytest.mark.parametrize(
    ("values", "up", "down"),
    [
        ([3, 1, 2], [1, 2, 0], [0, 2, 1]),
        ([2, None, 1], [2, 0, 1], [0, 2, 1]),  # what has none is last, both ways
        ([1, 2, 1, 2], [0, 2, 1, 3], [1, 3, 0, 2]),  # equal ones as given
        (["clip10", "clip9", "Clip1"], [2, 1, 0], [0, 1, 2]),
        (["x", 5, True], [2, 1, 0], [0, 1, 2]),
        ([], [], []),
    ],
)
def test_order(values: list[object], up: list[int], down: list[int]) -> None:
    assert order(values) == up
    assert order(values, down=True) == down


def test_what_one_can_sort_by() -> None:
    found = differing([Settings(seed=1), Settings(seed=2)])
    assert choices(found, labels=False) == [GIVEN, "rating", "seed", *METRICS]
    assert "label" in choices(found, labels=True)
