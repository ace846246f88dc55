"""One video of a Compare, as the browser is slow to tell what it paints."""

from __future__ import annotations

from pathlib import Path

import pytest

import framepack_widgets
from browser.pages import new_page

SOURCE = Path(framepack_widgets.__file__).parent / "widgets" / "static" / "compare_follower.js"

# A video whose news come when the test says so. Frame 47 has been told, 48 may be painted already.
STOPPED_AT_47 = """
class Video extends EventTarget {
  paused = true; seeking = false; ended = false; readyState = 4; playbackRate = 1; seeks = 0;
  at = 0;
  get currentTime() { return this.at; }
  set currentTime(seconds) { this.at = seconds; this.seeking = true; this.seeks += 1; }
  async play() { this.paused = false; }
  requestVideoFrameCallback(heard) { this.heard = heard; }
  paints(frame) { this.heard(0, { mediaTime: frame / 30, expectedDisplayTime: 0 }); }
  hasSought() { this.seeking = false; this.dispatchEvent(new Event("seeked")); }
}
const moment = () => new Promise((done) => setTimeout(done));
const video = new Video();
const follower = new Follower(video, document.createElement("canvas"), { fps: 30, frames: 90 });
let there = false;
const goTo = (frame) => {
  there = false;
  return follower.goTo((frame + 0.5) / 30).then(() => { there = true; });
};
await follower.play();
video.paints(47);
video.at = AT / 30;
video.paused = true;
"""


@pytest.fixture
def stopped(browser):
    """stopped(at, code) -> what the code returns; at: where the video stands, in frames."""
    page = new_page(browser)
    source = SOURCE.read_text(encoding="utf-8")

    def run(at, code):
        begin = STOPPED_AT_47.replace("AT /", f"{at} /")
        return page.evaluate(f"async () => {{ {source}\n{begin}\n{code} }}")

    yield run
    page.close()


@pytest.mark.parametrize("at", [47.9, 48.2], ids=["in the frame that was told", "further"])
def test_a_stop_waits_for_a_picture_of_its_own(stopped, at):
    told = """
    const going = goTo(47);
    await moment();
    const before = there;
    video.hasSought();
    await moment();
    const unpainted = there;
    video.paints(47);
    await going;
    return { seeks: video.seeks, before, unpainted, there };
    """
    expected = {"seeks": 1, "before": False, "unpainted": False, "there": True}
    assert stopped(at, told) == expected


def test_where_it_stands_already_nothing_is_sought(stopped):
    again = """
    const going = goTo(47);
    video.hasSought();
    video.paints(47);
    await going;
    await goTo(47);
    return video.seeks;
    """
    assert stopped(47.9, again) == 1


def test_a_page_that_paints_nothing_holds_nothing_up(stopped):
    hidden = "const going = goTo(47); video.hasSought(); await going; return there;"
    assert stopped(47.9, hidden) is True
