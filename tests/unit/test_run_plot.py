"""A run as a plot: what is measured, what gets a line, what is written at it."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from run_world import Session, sweep_of, until_over
from runner_world import World, scenario

from framepack_widgets.errors import FramePackError, SettingsError
from framepack_widgets.runs import plot as run_plot

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


class Run:
    """As much of a run as a plot needs."""

    name = "a run"

    def __init__(self, **axes: Any) -> None:
        self.sweep = sweep_of(**axes)


def rows_for(run: Run, value: Any) -> list[dict[str, Any]]:
    made = []
    for point in run.sweep:
        axes = {n: a.values[point.coordinates[n]] for n, a in zip(point.labels, run.sweep.axes)}
        row = {**axes, "motion": value(axes), "in_sweep": True, "path": "a.mp4"}
        made.append(row)
    return made


@pytest.fixture
def plotted(monkeypatch: pytest.MonkeyPatch) -> Any:
    import matplotlib.pyplot as plt

    def plot(x: str, value: Any, **axes: Any) -> Any:
        run: Any = Run(**axes)
        monkeypatch.setattr(run_plot, "rows_of", lambda *_, **__: rows_for(run, value))
        return run_plot.plot_of(run, x, "motion")

    yield plot
    plt.close("all")


def lines_of(drawn: Any) -> list[list[tuple[float, float]]]:
    return [list(zip(*map(list, line.get_data()))) for line in drawn.lines]


@scenario(autoplay=True)
async def test_a_run_is_measured_for_it(world: World) -> None:
    run = Session(world).run(sweep_of(cfg_scale=[1.0, 1.5], steps=[4, 5, 6]), name="six")
    with pytest.raises(SettingsError, match="no clips yet"):
        run.plot("steps", "flicker")
    await until_over(world, run)
    drawn = run.plot("steps", "flicker")
    assert [[x for x, _ in line] for line in lines_of(drawn)] == [[4, 5, 6]] * 2
    table = run.table()
    flicker = table["flicker"]
    assert [y for line in lines_of(drawn) for _, y in line] == list(flicker)
    same = run.plot("cfg_scale", "steps", axes=drawn)
    assert same is drawn
    with pytest.raises(SettingsError, match="nothing called 'colour' to plot, only"):
        run.plot("steps", "colour")
    matplotlib.pyplot.close("all")


def test_a_line_for_each_value_of_the_other_axis(plotted: Any) -> None:
    axes = {"cfg_scale": [1.0, 2.0], "steps": [10, 20, 30]}
    drawn = plotted("steps", lambda row: row["steps"] * row["cfg_scale"], **axes)
    assert lines_of(drawn) == [[(10, 10), (20, 20), (30, 30)], [(10, 20), (20, 40), (30, 60)]]
    legend = drawn.get_legend()
    assert legend.get_title().get_text() == "cfg_scale"
    assert [text.get_text() for text in legend.get_texts()] == ["1", "2"]
    assert (drawn.get_xlabel(), drawn.get_ylabel()) == ("steps", "motion (px a picture)")
    assert drawn.get_title() == "a run"


def test_many_seeds_are_marks_and_their_mean_is_a_line(plotted: Any) -> None:
    axes = {"seed": range(20), "steps": [20, 10]}
    drawn = plotted("steps", lambda row: row["steps"] + row["seed"], **axes)
    assert lines_of(drawn) == [[(10, 19.5), (20, 29.5)]]
    assert len(drawn.collections[0].get_offsets()) == 40
    assert drawn.get_legend() is None


def test_colours_go_to_axes_as_long_as_there_are_any(plotted: Any) -> None:
    axes = {"seed": range(3), "cfg_scale": [1.0, 1.5], "distilled_cfg_scale": [5.0, 10.0]}
    drawn = plotted("steps", lambda row: row["seed"], **axes, steps=[10, 20])
    assert drawn.get_legend().get_title().get_text() == "cfg_scale, distilled_cfg_scale"
    assert len(drawn.lines) == 4


def test_long_texts_have_their_labels_and_stand_in_the_sweeps_order(plotted: Any) -> None:
    prompts = ["zebra", "a cat " * 30 + "sings", "a cat " * 30 + "sleeps"]
    drawn = plotted("prompt", lambda row: len(row["prompt"]), prompt=prompts)
    drawn.figure.canvas.draw()
    texts = [text.get_text() for text in drawn.get_xticklabels()]
    assert texts == list(sweep_of(prompt=prompts).axes[0].labels)
    assert max(map(len, texts)) < 50
    assert [y for _, y in lines_of(drawn)[0]] == [5, 185, 186]


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(FramePackError, match=r"matplotlib is not installed.*\[analysis\]"):
        run_plot.plot_of(Run(steps=[4]), "steps", "motion")  # type: ignore[arg-type]
