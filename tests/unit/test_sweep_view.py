"""A run's grid without a browser: where tiles stand, what they say, what the page is told."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from library_tools import until
from sweep_world import BASE, SCHEMA

from framepack_widgets.errors import FramePackError
from framepack_widgets.settings import Settings
from framepack_widgets.sweeps.sweep import Sweep
from framepack_widgets.widgets.sweeps import sweep_html as saved
from framepack_widgets.widgets.sweeps import tile_text
from framepack_widgets.widgets.sweeps.point_details import details, long_name, short_name
from framepack_widgets.widgets.sweeps.sweep_html import run_html, sweep_html
from framepack_widgets.widgets.sweeps.sweep_view import SweepView
from framepack_widgets.widgets.sweeps.tile_layout import (
    FOLDED,
    MOST,
    PAGE,
    Spot,
    X,
    Y,
    first_roles,
    layout,
    with_role,
)

AXES = {"cfg_scale": ("1", "1.5"), "steps": ("8", "9", "10"), "seed": ("5", "6")}
SPOTS = [
    Spot(f"{a}{b}{c}", {"cfg_scale": a, "steps": b, "seed": c})
    for a in range(2)
    for b in range(3)
    for c in range(2)
]


# ---------------------------------------------------------------------- layout


def test_the_last_two_axes_are_columns_and_rows_and_the_others_pages():
    assert first_roles({"a": 2, "b": 3, "c": 4}) == {"a": PAGE, "b": Y, "c": X}
    assert first_roles({"a": 2, "b": 1}) == {"a": X, "b": FOLDED}, "one value needs no columns"
    assert first_roles({"a": 2, "b": 30}) == {"a": X, "b": Y}, "30 columns are too narrow"
    assert first_roles({"a": 2, "b": 3}, is_grid=False) == {"a": FOLDED, "b": FOLDED}
    assert first_roles({}) == {}


def test_an_axis_takes_the_columns_from_another_which_gets_its_place():
    roles = {"a": PAGE, "b": Y, "c": X}
    assert with_role(roles, "a", X) == {"a": X, "b": Y, "c": PAGE}
    assert with_role(roles, "b", X) == {"a": PAGE, "b": X, "c": Y}
    assert with_role(roles, "c", FOLDED) == {"a": PAGE, "b": Y, "c": FOLDED}
    assert with_role(roles, "nothing", X) == roles == with_role(roles, "a", "sideways")


def test_every_point_stands_in_the_cell_of_its_values():
    roles = {"cfg_scale": PAGE, "steps": X, "seed": Y}
    page = layout(AXES, SPOTS, roles, {"cfg_scale": 1})
    assert page.columns == ("8", "9", "10") and page.rows == ("5", "6")
    assert page.cells[1][2] == ("121",), "second value of cfg_scale, seed 6, 10 steps"
    assert [(p.axis, p.labels, p.at) for p in page.pagers] == [("cfg_scale", ("1", "1.5"), 1)]
    folded = layout(AXES, SPOTS, {"cfg_scale": FOLDED, "steps": X, "seed": Y}, {})
    assert folded.cells[0][0] == ("000", "100"), "both values of cfg_scale, beside each other"


def test_columns_without_points_are_left_out_and_points_without_place_stand_below():
    spots = [s for s in SPOTS if s.coordinates["steps"] != 1] + [Spot("x1", {})]
    page = layout(AXES, spots, {"cfg_scale": FOLDED, "steps": X, "seed": Y}, {})
    assert page.columns == ("8", "10")
    assert page.rest == ("x1",)
    assert layout({}, [Spot("0", {})], {}, {}).cells == ((("0",),),), "a sweep of one point"


def test_a_page_is_never_longer_than_what_a_browser_lays_out_quickly():
    many = [Spot(str(n), {"seed": n}) for n in range(MOST + 5)]
    axes = {"seed": tuple(map(str, range(MOST + 5)))}
    page = layout(axes, many, {"seed": FOLDED}, {})
    assert len(page.cells[0][0]) == MOST and page.left_out == 5
    wild = layout(AXES, SPOTS, {"cfg_scale": PAGE}, {"cfg_scale": 99})
    assert wild.pagers[0].at == 1, "a value that there was before"


# ---------------------------------------------------------------------- words


def point(number, state, **more):
    about = {
        "id": f"id{number}", "number": number, "state": state, "in_sweep": True, "error": "",
        "partial": False, "reused": False, "job_id": f"j{number}" if state != "planned" else None,
        "labels": {"steps": str(number)}, "coordinates": {"steps": number}, "clip": None,
        "job": None, "settings": Settings(steps=number + 8, seed=1), **more,
    }  # fmt: skip
    return SimpleNamespace(**about)


def test_a_tile_says_how_its_point_stands():
    assert tile_text.tile(point(0, "planned"))["word"] == "to come"
    assert tile_text.tile(point(0, "running"), fraction=0.375)["word"] == "38%"
    done = tile_text.tile(point(0, "done", reused=True), stars=4)
    assert done["word"] == "done, was there" and done["stars"] == 4 and done["has_clip"]
    failed = tile_text.tile(point(0, "failed", error="CUDA <b>" * 100))
    assert failed["can_retry"] and len(failed["error"]) < 320
    assert tile_text.tile(point(0, "done", partial=True))["can_retry"], "it may be rendered whole"
    assert tile_text.key_of(point(-1, "done", in_sweep=False)) == "xid-1"


def test_the_totals_line():
    counts = {"done": 8, "failed": 1, "lost": 1, "running": 1, "planned": 3, "waiting": 1}
    line = tile_text.totals(counts, (80.0, 7200.0))
    assert line == (
        "15 points · 8 done · 2 failed · 1 rendering · 4 left · about 1:20 to 2:00:00 to go"
    )
    assert tile_text.totals({"done": 1}, (5, 5)) == "1 point · 1 done", "nothing is to go"
    assert tile_text.share_done(counts) == pytest.approx(10 / 15)
    assert tile_text.share_done({}) == 0


def test_what_can_be_wished_of_a_run():
    assert tile_text.wishes("running", {}) == ["pause", "stop", "first"]
    assert tile_text.wishes("paused", {"lost": 1}) == ["resume", "stop", "first", "retry"]
    assert tile_text.wishes("done", {"done": 3}) == []


def test_details_of_one_point_and_what_tells_several_apart():
    one = details([point(2, "failed", error="no memory")])
    assert one["title"] == "steps 2" and one["error"] == "no memory"
    assert ["steps", "10"] in one["rows"], "the value itself"
    both = details([point(1, "done"), point(2, "done")])
    assert both["head"] == ["", "1", "2"] and both["rows"] == [["steps", "9", "10"]]
    assert details([])["rows"] == []
    assert short_name(point(3, "done", labels={})) == "point 4"
    assert long_name(point(3, "done")) == "steps 3"


# ---------------------------------------------------------------------- the widget


class FakeRun:
    """What a view asks of a run."""

    id, name, is_draft, error, trouble, eta_s = "r", "cfg <b>", False, None, None, (10.0, 20.0)

    def __init__(self, count=6):
        self.sweep = Sweep(Settings(seed=1), steps=list(range(8, 8 + count)))
        self.points = tuple(point(n, "planned") for n in range(count))
        self.state = "running"
        self.library = SimpleNamespace(find=lambda _: SimpleNamespace(stars=3), rate=self.rate)
        self.listeners: list = []
        self.asked: list = []

    def rate(self, job, stars):
        if stars == 9:
            raise FramePackError("Stars are 0 to 5.")
        self.asked.append((job, stars))

    def watch(self, listener):
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def pause(self):
        self.asked.append("pause")

    def retry(self, which):
        self.asked.append(which)

    def become(self, number, state, **more):
        points = list(self.points)
        points[number] = point(number, state, **more)
        self.points = tuple(points)
        for listener in list(self.listeners):
            listener()


@pytest.fixture
def run():
    return FakeRun()


@pytest.fixture
def view(run, monkeypatch):
    made = SweepView()
    made.sent = []
    monkeypatch.setattr(
        made.tiles, "_tell", lambda kind, buffers=(), **values: made.sent.append((kind, values))
    )
    made.run = run
    until(lambda: any(kind == "layout" and values["cells"] for kind, values in made.sent))
    yield made
    made.close()


def say(widget, /, **message):
    message = {"run": "r", **message}
    if "keys" in message:
        message["keys"] = [f"{key}-id{key}" for key in message["keys"]]
    widget.tiles._handle_page(widget.tiles, message, [])


def last(view, kind):
    return next((values for k, values in reversed(view.sent) if k == kind), None)


def told(view):
    return {
        tile["key"].split("-")[0] for kind, v in view.sent if kind == "tiles" for tile in v["tiles"]
    }


def look(view, *keys):
    say(view, kind="here", view="v", seen=True)
    say(view, kind="visible", view="v", keys=list(keys))


def test_only_tiles_in_sight_are_told_anything(view, run):
    assert last(view, "head")["totals"].startswith("6 points · 0 done")
    assert not told(view)
    look(view, "1", "2")
    until(lambda: told(view) == {"1", "2"})
    view.sent.clear()
    run.become(5, "failed", error="out of sight")
    until(lambda: "1 failed" in (last(view, "head") or {}).get("totals", ""))
    assert not told(view)
    run.become(1, "done")
    until(lambda: told(view) == {"1"})
    say(view, kind="visible", view="v", keys=["5"])
    until(lambda: "5" in told(view))


def test_a_new_view_of_the_page_is_told_everything_again(view):
    look(view, "0")
    until(lambda: told(view) == {"0"})
    view.sent.clear()
    say(view, kind="look")
    until(lambda: told(view) == {"0"} and last(view, "head") and last(view, "layout"))


def test_clicks_reach_the_run_and_what_goes_wrong_is_shown(view, run):
    look(view, "0", "1")
    run.become(1, "failed", error="no memory")
    until(lambda: "1 failed" in last(view, "head")["totals"])
    say(view, kind="act", action="pause")
    say(view, kind="act", action="retry", keys=["1", "77"])
    until(lambda: len(run.asked) == 2)
    assert "pause" in run.asked and [run.points[1]] in run.asked
    say(view, kind="rate", keys=["1"], stars=4)
    until(lambda: ("j1", 4) in run.asked)
    say(view, kind="rate", keys=["1"], stars=9)
    until(lambda: "0 to 5" in view.tiles.trouble)
    say(view, kind="act", action="compare", keys=["0", "1"])
    until(lambda: "2 to 16" in view.tiles.trouble)
    used = []
    view.on_settings(used.append)
    assert view.tiles.can_settings
    say(view, kind="act", action="settings", keys=["1"])
    until(lambda: used == [run.points[1].settings])


def test_a_grid_video_is_asked_for_as_the_axes_stand(view, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    look(view)
    say(view, kind="act", action="grid", keys=[])
    until(lambda: view.files.opened == "grid")
    assert view.files.offer["layout"] == "columns: steps"
    assert view.files.offer["name"] == "cfg-b-grid.mp4"
    say(view, kind="role", axis="steps", role="y")
    until(lambda: view.files.offer["layout"] == "rows: steps")
    view.run = None
    assert view.files.opened == ""
    view.run = run
    say(view, kind="act", action="report", keys=[])
    until(lambda: view.files.opened == "report")


def test_axes_are_laid_out_anew(view):
    look(view)
    say(view, kind="role", axis="steps", role="y")
    until(lambda: view.roles == {"steps": "y"})
    until(lambda: len(last(view, "layout")["rows"]) == 6)
    say(view, kind="role", axis="steps", role="page")
    until(lambda: last(view, "layout")["pagers"])
    say(view, kind="turn", axis="steps", at=4)
    until(lambda: last(view, "layout")["cells"] == [[["4-id4"]]])


def test_a_click_in_the_run_that_was_shown_before_does_nothing(view, run):
    look(view, "0")
    say(view, kind="act", action="pause", run="another")
    say(view, kind="rate", keys=["0"], stars=5, run="another")
    say(view, kind="act", action="pause")
    until(lambda: run.asked)
    assert run.asked == ["pause"]


def test_a_closed_view_follows_nothing(run):
    view = SweepView(run)
    assert run.listeners
    view.close()
    assert not run.listeners


def test_the_saved_notebook_says_how_each_point_stands(run):
    run.become(2, "failed", error="<script>no memory</script>")
    text = run_html(run)
    assert "cfg &lt;b&gt;" in text and "&lt;script&gt;no memory" in text
    assert "<script>" not in text and text.count("to come") == 5


def test_a_sweep_in_a_cell_shows_its_plan(monkeypatch, tmp_path):
    sweep = Sweep(BASE, steps=[10, 20], seed=[1, 2])
    monkeypatch.setattr(saved, "open_desks", list)
    assert "4 points: steps 2 × seed 2" in sweep_html(sweep) and "fp.connect" in sweep_html(sweep)
    runs = SimpleNamespace(there=lambda _: ())
    library = SimpleNamespace(renders=lambda _: [], clips_folder=tmp_path, runs=runs)
    desk = SimpleNamespace(library=library, key="k", client=SimpleNamespace(schema=SCHEMA))
    monkeypatch.setattr(saved, "open_desks", lambda: [desk])
    assert "4 renders to do" in sweep_html(sweep.from_dict(sweep.to_dict()))
    worse = Sweep(BASE.replace(prompt="<b>"), steps=[10, 900])
    assert "1 point refused" in sweep_html(worse)
