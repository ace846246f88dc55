"""What a notebook's page is given: escaped, small, and for notebooks without a kernel, too."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ipywidgets
import pytest
from library_tools import make_video
from PIL import Image

import framepack_widgets as fp
from framepack_widgets import _display
from framepack_widgets.job import JobState, Progress
from framepack_widgets.widgets import saved_html
from framepack_widgets.widgets.clips.player import Player
from framepack_widgets.widgets.saved import Below, publish

EVIL = '<script>alert("x")</script>'


def test_a_clip_is_a_poster_and_facts_not_bytes(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", frames=12)
    clip = fp.Clip(path, settings=fp.Settings(prompt=EVIL, steps=9), verified="stamp")
    page = saved_html.clip_html(clip)
    assert 'src="data:image/jpeg;base64,' in page
    assert "0.40 s" in page
    assert "96 × 64" in page
    assert "this job&#x27;s own stamp" in page
    assert EVIL not in page
    assert "&lt;script&gt;" in page
    assert "<video" not in page  # nobody knows what lies at an address by the time it is read
    assert len(page) < 60_000


def test_a_poster_is_small_even_of_noise() -> None:
    noise = Image.effect_noise((1280, 720), 120).convert("RGB")
    clip: Any = SimpleNamespace(first_frame=lambda: noise)
    assert 0 < len(saved_html.poster_of(clip)) <= saved_html.POSTER_LIMIT


def test_a_clip_that_is_gone_says_so(tmp_path: Path) -> None:
    page = saved_html.clip_html(fp.Clip(tmp_path / "gone<b>.mp4"))
    assert "gone&lt;b&gt;.mp4" in page
    assert "<img" not in page


def job(**values: Any) -> Any:
    facts: dict[str, Any] = {
        "id": "0123456789ab", "state": JobState.RUNNING, "done": False, "message": "",
        "trouble": None, "notes": (), "clip": None, "progress": Progress(),
        "settings": fp.Settings(prompt=EVIL),
    }  # fmt: skip
    return SimpleNamespace(**{**facts, **values})


def test_a_running_job_shows_how_far_it_is() -> None:
    progress = Progress(
        fraction=0.5, section_fraction=0.25, section=2, sections=3, eta_s=61, text=EVIL
    )
    page = saved_html.job_html(job(progress=progress, notes=(EVIL,)))
    assert re.search(r'value="0.500".*whole 50%', page)
    assert "section 2 of 3 25%" in page
    assert "61 s left" in page
    assert "<script" not in page


def test_a_failed_job_says_why() -> None:
    page = saved_html.job_html(job(state=JobState.FAILED, done=True, message="out of <memory>"))
    assert "failed" in page
    assert "out of &lt;memory&gt;" in page
    assert "<progress" not in page


# ---------------------------------------------------------------------- registration


class Shell:
    """Takes what is registered; kernel: None in a terminal."""

    def __init__(self, kernel: object) -> None:
        self.kernel = kernel
        self.names: dict[str, list[str]] = {"html": [], "live": []}
        self.display_formatter = SimpleNamespace(
            formatters={"text/html": self.formatter("html")},
            ipython_display_formatter=self.formatter("live"),
        )

    def formatter(self, kind: str) -> Any:
        def note(module: str, name: str, _: object) -> None:
            self.names[kind].append(f"{module}.{name}")

        return SimpleNamespace(for_type_by_name=note)


def test_registering_needs_no_ipython_and_happens_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(_display.sys.modules, "IPython", raising=False)
    _display.register()
    kernel, terminal = Shell(object()), Shell(None)
    for shell in (kernel, terminal):
        known = SimpleNamespace(get_ipython=lambda shell=shell: shell)
        monkeypatch.setitem(_display.sys.modules, "IPython", known)  # type: ignore[arg-type]
        _display.register()
    for name in (*kernel.names["html"], *kernel.names["live"]):
        module, _, attribute = name.rpartition(".")
        assert hasattr(__import__(module, fromlist=[attribute]), attribute)
    assert len(kernel.names["html"]) == len(terminal.names["html"]) == 5
    assert (len(kernel.names["live"]), terminal.names["live"]) == (3, [])


# ---------------------------------------------------------------------- two outputs


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is published, with its display id and whether it replaces an output."""
    outputs: list[dict[str, Any]] = []

    def publish_it(data: dict[str, Any], transient: Any = None, update: bool = False) -> None:
        display_id = (transient or {}).get("display_id")
        outputs.append({**data, "display_id": display_id, "update": update})

    monkeypatch.setattr("IPython.display.publish_display_data", publish_it)
    return outputs


WIDGET = "application/vnd.jupyter.widget-view+json"


def test_a_clip_is_shown_live_and_for_later(tmp_path: Path, shown: list[dict[str, Any]]) -> None:
    _display.show_clip(fp.Clip(make_video(tmp_path / "clip.mp4")))
    live, later = shown
    assert WIDGET in live
    assert live["text/plain"] == "<Player clip.mp4>"
    assert "data:image/jpeg" in later["text/html"]
    assert f'class="fpw-saved {later["display_id"]}"' in later["text/html"]


def test_refreshing_replaces_the_same_output(shown: list[dict[str, Any]]) -> None:
    player, texts = Player(), iter(["one", "two"])
    saved = publish(player, lambda: next(texts))
    assert player.saved == saved.name
    saved.refresh()
    first, second = shown[1:]
    assert "one" in first["text/html"]
    assert "two" in second["text/html"]
    assert (first["display_id"], second["update"]) == (second["display_id"], True)


def test_a_refresh_that_fails_stops_nobody(shown: list[dict[str, Any]]) -> None:
    texts = iter(["one"])
    publish(Player(), lambda: next(texts)).refresh()
    assert len(shown) == 2


def test_a_box_gets_one_child_that_hides_its_record(shown: list[dict[str, Any]]) -> None:
    box = ipywidgets.VBox([ipywidgets.Label("job")])
    names = {publish(box, lambda: "facts").name for _ in range(2)}
    assert [child.saved for child in box.children if isinstance(child, Below)] == list(names)
    assert len(shown) == 4
