"""Reports: which clip is where in the page, and that no text becomes more than text."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

from framepack_widgets.clip import Clip
from framepack_widgets.errors import LibraryError
from framepack_widgets.images import ImageData
from framepack_widgets.library.house_keeping import DATABASE
from framepack_widgets.library.metrics_store import MetricsStore
from framepack_widgets.metrics import Metrics
from framepack_widgets.settings import Settings
from framepack_widgets.video import ReportCancelled, ReportPoint, report_page, write_report
from framepack_widgets.video.report_data import axes_of, places_of

from test_grid_video import make  # isort: skip

HOSTILE = '</script><img src=x onerror="alert(1)"><!-- \u2028 ]]> {{clips}} {{data}} & &lt; \ud800'


class Page(HTMLParser):
    """What a browser would see of a report."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._now = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.data = json.loads(self.texts["data"])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._now = str(dict(attrs).get("id") or tag)

    def handle_data(self, data: str) -> None:
        self.texts[self._now] = self.texts.get(self._now, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._now = ""

    @property
    def policy(self) -> str:
        metas = [given for tag, given in self.tags if tag == "meta"]
        return str(next(m["content"] for m in metas if "http-equiv" in m))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips here & there #1")
    return [make(folder / f"clip #{n} 100%20.mp4", 4 + n, n) for n in range(2)]


def point(clip: Path | None = None, at: int = 0, **values: Any) -> ReportPoint:
    settings = Settings(prompt="a cat", seed=7, cfg_scale=1.0 + at)
    made = ReportPoint({"cfg_scale": at}, {"cfg_scale": f"{1 + at}"}, settings, clip=clip)
    return replace(made, **values)


# -- files ---------------------------------------------------------------------------------------
def test_the_page_leads_to_copies_beside_it(clips: list[Path], tmp_path: Path) -> None:
    target = tmp_path / "new" / "my report.html"
    report = write_report(target, [point(clips[1], 1), point(clips[0]), point(state="failed")])
    assert (report.path, report.points, report.clips) == (target, 3, 2)
    assert report.folder == tmp_path / "new" / "my report_files"
    found = Page(report.path).data["points"]
    for given, clip in zip(found[:2], (clips[1], clips[0]), strict=True):
        there = report.path.parent / unquote(given["clip"]["src"])
        assert there.parent == report.folder
        assert there.read_bytes() == clip.read_bytes()
        assert given["clip"]["frames"] == Clip(clip).frame_count
        assert given["clip"]["name"] == clip.name
    assert found[2]["clip"] is None
    written = [report.path, *report.folder.iterdir()]
    assert sorted(tmp_path.rglob("*.*")) == sorted([*written]), "nothing unfinished is left"
    assert report.size == sum(file.stat().st_size for file in written)


def test_a_name_without_html_is_a_folder(clips: list[Path], tmp_path: Path) -> None:
    report = write_report(tmp_path / "night.2", [point(clips[0])])
    assert report.path == tmp_path / "night.2" / "index.html"
    given = Page(report.path).data["points"][0]["clip"]
    assert (report.path.parent / unquote(given["src"])).is_file()
    assert given["src"].startswith("clips/")


def test_one_file_holds_the_clips(
    clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_page, "_CHUNK", 300)  # more than one piece
    points = [point(clips[1]), point(clips[0], 1), point(clips[1], 2)]
    report = write_report(tmp_path / "one.html", points, single_file=True)
    assert report.folder is None
    assert list(tmp_path.iterdir()) == [report.path]
    page = Page(report.path)
    for given, clip in zip(page.data["points"], (clips[1], clips[0], clips[1]), strict=True):
        inside = page.texts[f"clip-{given['clip']['embedded']}"]
        assert base64.b64decode(inside, validate=True) == clip.read_bytes()
    assert "clip-2" not in page.texts, "the same clip is put in once"
    assert "media-src blob:;" in page.policy


def test_linked_clips_stay_where_they_are(clips: list[Path], tmp_path: Path) -> None:
    report = write_report(tmp_path / "sub" / "r.html", [point(clips[0])], link=True)
    given = Page(report.path).data["points"][0]["clip"]["src"]
    assert (report.path.parent / unquote(given)).resolve() == clips[0].resolve()
    assert report.folder is None
    assert len(list(tmp_path.rglob("*.mp4"))) == 0
    with pytest.raises(ValueError, match="link=True leaves them"):
        write_report(tmp_path / "x.html", [point()], link=True, single_file=True)


def test_clips_of_one_name_do_not_hide_each_other(clips: list[Path], tmp_path: Path) -> None:
    twins = []
    for number, clip in enumerate(clips):
        twin = tmp_path / str(number) / "same.mp4"
        twin.parent.mkdir()
        twin.write_bytes(clip.read_bytes())
        twins.append(twin)
    again = point(twins[0], 2)
    report = write_report(tmp_path / "r.html", [point(twins[0]), point(twins[1], 1), again])
    sources = [p["clip"]["src"] for p in Page(report.path).data["points"]]
    assert sources[0] == sources[2] != sources[1]
    for source, clip in zip(sources, clips, strict=False):
        assert (tmp_path / unquote(source)).read_bytes() == clip.read_bytes()


def test_written_again_it_is_the_new_one(clips: list[Path], tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(clips[0].read_bytes())
    first = write_report(tmp_path / "r.html", [point(clip)])
    with pytest.raises(LibraryError, match="exists already"):
        write_report(tmp_path / "r.html", [point(clip)])
    clip.write_bytes(clips[1].read_bytes())
    again = write_report(tmp_path / "r.html", [point(clip, stars=3)], overwrite=True)
    given = Page(again.path).data["points"][0]
    assert given["stars"] == 3
    assert (tmp_path / unquote(given["clip"]["src"])).read_bytes() == clips[1].read_bytes()
    assert first.path == again.path
    kept = list((tmp_path / "r_files").iterdir())
    assert len(kept) == 2, "a file that is another one is never written over"


def test_a_librarys_folder_is_no_place_for_it(clips: list[Path], tmp_path: Path) -> None:
    (tmp_path / DATABASE).touch()
    for name in (tmp_path, tmp_path / "r.html"):
        with pytest.raises(LibraryError, match="is a Library"):
            write_report(name, [point(clips[0])])
    assert list(tmp_path.iterdir()) == [tmp_path / DATABASE]


def test_cancelled_it_leaves_nothing(clips: list[Path], tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    points = [point(clips[0]), point(clips[1], 1)]
    with pytest.raises(ReportCancelled, match="after 1 of 2 clips"):
        write_report(
            tmp_path / "deep" / "r.html",
            points,
            progress=lambda *at: steps.append(at),
            cancelled=lambda: len(steps) == 1,
        )
    assert steps == [(1, 2)]
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_or_read_is_told(clips: list[Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryError, match="Could not"):
        write_report(tmp_path / "file" / "r.html", [point(clips[0])])
    with pytest.raises(LibraryError, match="no point to report"):
        write_report(tmp_path / "r.html", [])
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clips[0].read_bytes()[:300])
    report = write_report(tmp_path / "r.html", [point(broken), point(clips[0], 1)])
    assert report.clips == 1
    assert "broken.mp4" in report.notes[0]
    found = Page(report.path).data["points"]
    assert found[0]["clip"] is None
    assert "broken.mp4" in found[0]["error"]
    assert found[1]["clip"] is not None


# -- texts ---------------------------------------------------------------------------------------
def test_hostile_texts_stay_texts(clips: list[Path], tmp_path: Path) -> None:
    settings = Settings(prompt=HOSTILE, loras={HOSTILE: 1.0}, extra={"field": HOSTILE})
    hostile = ReportPoint(
        {HOSTILE: 0}, {HOSTILE: HOSTILE}, settings, HOSTILE, clips[0], error=HOSTILE, note=HOSTILE
    )
    tame = replace(hostile, coordinates={"a": 0}, labels={}, settings=Settings())
    report = write_report(tmp_path / "r.html", [hostile, tame], title=HOSTILE, single_file=True)
    page = Page(report.path)
    plain = Page(write_report(tmp_path / "p.html", [tame], single_file=True).path)
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags], "no element of theirs"
    given = page.data["points"][0]
    assert page.data["axes"][0] == {"name": HOSTILE, "values": [HOSTILE]}
    assert given["own"]["prompt"] == given["note"] == given["error"] == HOSTILE
    assert not set("<>&") & set(page.texts["data"])
    assert "onerror" not in page.texts["script"] + page.texts["style"]
    assert page.texts["h1"].startswith("</script><img")
    assert Settings.from_json(given["json"]) == settings


def test_only_its_own_script_and_style_are_allowed(clips: list[Path], tmp_path: Path) -> None:
    page = Page(write_report(tmp_path / "r.html", [point(clips[0])]).path)
    parts = dict(part.strip().split(" ", 1) for part in page.policy.split(";"))
    assert parts["default-src"] == "'none'"
    for tag, name in (("script", "script-src"), ("style", "style-src")):
        digest = hashlib.sha256(page.texts[tag].encode()).digest()
        assert parts[name] == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert parts["img-src"] == "data:"
    assert parts["media-src"] == "'self' file:"
    assert "http" not in page.policy
    assert [tag for tag, _ in page.tags].index("style") > 4, "the policy comes before them"
    for _, given in page.tags:
        assert not {name for name in given if name == "src" or name.startswith("on")}
        assert given.get("href") in (None, "data:,")


def test_its_script_makes_no_elements_of_texts() -> None:
    script = (Path(report_page.__file__).parent / "templates" / "report.js").read_text("utf-8")
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "http"):
        assert word not in script
    assert "</script" not in script.lower()
    assert "<!--" not in script


def test_settings_are_copied_whole(clips: list[Path], tmp_path: Path) -> None:
    image = ImageData.of(np.zeros((8, 8, 3), np.uint8))
    settings = Settings(prompt='"it" \\ yawns\n', start_frame=image, loras={"film": 0.5}, steps=9)
    report = write_report(tmp_path / "r.html", [point(clips[0], settings=settings)])
    given = Page(report.path).data["points"][0]
    named = settings.replace(start_frame=f"{image.sha256}.png")
    assert Settings.from_json(given["json"]) == named
    studio = SimpleNamespace(submit=Settings)
    assert eval(given["python"], {"studio": studio}) == named
    assert len(report.path.read_bytes()) < 60_000


def test_what_differs_and_what_is_common(tmp_path: Path) -> None:
    points = [point(at=0), point(at=1, metrics={"motion": 1.23456, "flicker": None, "x": math.nan})]
    data = Page(write_report(tmp_path / "r.html", points).path).data
    assert data["common"] == {"prompt": "a cat", "seed": "7"}
    assert [p["own"] for p in data["points"]] == [{"cfg_scale": "1"}, {"cfg_scale": "2"}]
    assert data["points"][1]["metrics"] == {"motion": 1.2346}


@pytest.mark.parametrize("path", ["/home/me/frames/cat.png", "C:\\me\\frames\\cat.png", "cat.png"])
def test_a_frame_is_shown_by_its_name_and_copied_by_its_path(path: str, tmp_path: Path) -> None:
    settings = Settings(start_frame=path)
    data = Page(write_report(tmp_path / "r.html", [point(settings=settings)]).path).data
    assert data["common"] == {"start_frame": "cat.png"}
    assert Settings.from_json(data["points"][0]["json"]) == settings


def test_axes_as_their_points_name_them() -> None:
    points = [
        ReportPoint({"seed": 4, "cfg": 0}, {"seed": "9", "cfg": "1"}),
        ReportPoint({"seed": 1, "cfg": 2}, {"seed": "7", "cfg": "3"}),
        ReportPoint({"steps": 0}, {"steps": "10"}),  # of an earlier sweep, perhaps
    ]
    assert axes_of(points) == [
        {"name": "seed", "values": ["7", "9"]},
        {"name": "cfg", "values": ["1", "3"]},
        {"name": "steps", "values": ["10"]},
    ]
    assert places_of(points) == [[1, 0, -1], [0, 1, -1], [-1, -1, 0]]


# -- pictures and runs ---------------------------------------------------------------------------
def test_the_poster_is_the_middle_of_the_clip(clips: list[Path], tmp_path: Path) -> None:
    from io import BytesIO

    from PIL import Image

    given = Page(write_report(tmp_path / "r.html", [point(clips[1])]).path).data["points"][0]
    image = Image.open(BytesIO(base64.b64decode(given["poster"])))
    assert image.format == "JPEG"
    middle = Clip(clips[1]).frame(2).mean()
    assert abs(np.asarray(image).mean() - middle) < 2
    own = write_report(tmp_path / "own.html", [point(clips[1], poster=b"mine")])
    assert Page(own.path).data["points"][0]["poster"] == base64.b64encode(b"mine").decode()


def test_a_run_gives_its_points_with_ratings_and_known_numbers(
    clips: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "library" / "clips"
    folder.mkdir(parents=True)
    (folder.parent / DATABASE).touch()
    clip = folder / "a.mp4"
    clip.write_bytes(clips[0].read_bytes())
    MetricsStore(folder.parent).put(clip, "-|-", Metrics(motion=1.5))
    job = SimpleNamespace(record=SimpleNamespace(stars=4, note="the best"))
    common = {"coordinates": {"seed": 0}, "labels": {"seed": "7"}, "settings": Settings(seed=7)}
    done = SimpleNamespace(**common, state="done", clip=Clip(clip), error=None, job=job)
    failed = SimpleNamespace(**common, state="failed", clip=None, error="no memory", job=None)
    earlier = SimpleNamespace(**{**common, "coordinates": {}}, state="deleted", clip=None)
    earlier.error = earlier.job = None
    run = SimpleNamespace(points=(done, failed, earlier), name="night")
    data = Page(write_report(tmp_path / "r.html", run).path).data
    first, second, third = data["points"]
    assert (data["title"], data["axes"]) == ("night", [{"name": "seed", "values": ["7"]}])
    assert (first["label"], third["label"], third["at"]) == ("", "seed: 7", [-1])
    assert (first["stars"], first["note"], first["metrics"]) == (4, "the best", {"motion": 1.5})
    assert (second["state"], second["error"], second["stars"]) == ("failed", "no memory", 0)


def test_the_templates_are_whole() -> None:
    template = report_page._template("report.html")
    assert set(re.findall(r"\{\{(\w+)\}\}", template)) == {
        *("title", "policy", "style", "script", "data", "clips"),
    }
