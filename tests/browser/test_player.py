"""The Player in JupyterLab: what plays is the clip, from wherever its bytes come."""

from __future__ import annotations

import itertools
import shutil

import pytest
from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached
from browser.pixels import picture
from browser.videos import FRAMES, big_clip, number_in, numbered_clip
from framepack_widgets.clip import Clip
from framepack_widgets.widgets.keys import KEYS

IMPORT = "import framepack_widgets as fp"


def show(clip, **values):
    given = "".join(f", {name}={value!r}" for name, value in values.items())
    return f"{IMPORT}\nplayer = fp.Player({str(clip)!r}{given})\nplayer"


def video_in(output):
    return output.locator(".fpw-player-video")


def plays(output, seconds=1.0):
    """Wait until it has played for so long."""
    video = video_in(output)
    video.evaluate(
        """(video, seconds) => new Promise((done) => {
          let played = 0, last = video.currentTime;
          const look = () => {
            const now = video.currentTime;
            if (!video.seeking && now > last && now - last < 0.5) played += now - last;
            last = now;
            if (played >= seconds) done(); else setTimeout(look, 20);
          };
          look();
        })""",
        seconds,
    )
    return video


@pytest.fixture
def folder(lab, request):
    place = lab.root / f"player-{abs(hash(request.node.name)) % 10**8}"
    place.mkdir(exist_ok=True)
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def still(notebook, folder):
    """A player of a numbered clip that stands still; (notebook, its output)."""
    clip = numbered_clip(folder / "a clip #1.mp4")
    nb = notebook([show(clip, playing=False)], folder=folder.name)
    output = nb.run(0)
    expect(output.locator(".fpw-player-cover")).to_be_hidden()
    return nb, output


def test_a_big_clip_plays_from_the_server(notebook, folder):
    clip = big_clip(folder / "big.mp4")
    assert clip.stat().st_size > 40e6
    nb = notebook([show(clip)], folder=folder.name)
    output = nb.run(0)
    video = plays(output)
    assert "/files/" in video.evaluate("video => video.currentSrc")
    expect(output.locator(".fpw-player-why")).to_be_empty()
    assert nb.uncaught() == []


def test_a_big_clip_outside_the_root_comes_in_parts(notebook, tmp_path, folder):
    clip = big_clip(tmp_path / "big.mp4")
    nb = notebook([show(clip)], folder=folder.name)
    nb.page.evaluate(
        """() => {
          const revoke = URL.revokeObjectURL;
          window.revoked = [];
          URL.revokeObjectURL = (url) => { window.revoked.push(url); revoke.call(URL, url); };
        }"""
    )
    output = nb.run(0)
    url = plays(output).evaluate("video => video.currentSrc")
    assert url.startswith("blob:")
    expect(output.locator(".fpw-player-why")).to_contain_text(
        "outside the notebook server's folder"
    )
    nb.evaluate_in_kernel("player.close()")
    nb.page.wait_for_function("url => window.revoked.includes(url)", arg=url)


def test_a_page_of_no_notebook_server_gets_the_clip_from_the_kernel(notebook, folder):
    clip = numbered_clip(folder / "clip.mp4")
    nb = notebook([show(clip)], folder=folder.name)
    nb.page.evaluate("() => document.getElementById('jupyter-config-data').remove()")
    output = nb.run(0)
    assert plays(output, 0.2).evaluate("video => video.currentSrc").startswith("blob:")
    expect(output.locator(".fpw-player-why")).to_contain_text("cannot ask a notebook server")


def test_voila_serves_no_files_and_it_plays(voila, tmp_path):
    clip = numbered_clip(tmp_path / "clip.mp4")
    page = voila([show(clip)])
    assert plays(page.locator("body"), 0.2).evaluate("video => video.currentSrc")[:5] == "blob:"
    expect(page.locator(".fpw-saved")).to_be_hidden()


def test_a_kernel_that_does_not_answer_is_told(notebook, tmp_path):
    clip = numbered_clip(tmp_path / "clip.mp4")
    deaf = (
        f"{IMPORT}\nplayer = fp.Player({str(clip)!r})\nplayer._on_chunk = lambda *_: None\nplayer"
    )
    nb = notebook([deaf])
    output = nb.run(0)
    cover = output.locator(".fpw-player-cover")
    expect(cover).to_contain_text("The kernel has not answered for a while", timeout=20_000)
    nb.evaluate_in_kernel("del player._on_chunk")
    cover.get_by_role("button", name="try again").click()
    plays(output, 0.2)


def test_two_views_share_one_blob(notebook, tmp_path, folder):
    clip = numbered_clip(tmp_path / "clip.mp4")
    nb = notebook([show(clip), "player", f"fp.Player({str(clip)!r})"], folder=folder.name)
    nb.run_all()
    urls = [plays(nb.output(n), 0.2).evaluate("video => video.currentSrc") for n in range(3)]
    assert len(set(urls)) == 1


def test_every_frame_is_the_one_that_its_number_says(still, folder):
    nb, output = still
    clip = Clip(folder / "a clip #1.mp4")
    video = video_in(output)
    assert "/files/" in video.evaluate("video => video.currentSrc")
    for frame in (*range(6), 14, 15, 16, 30, FRAMES - 1):
        nb.evaluate_in_kernel(f"player.frame = {frame}")
        expect(output.locator(".fpw-player-place")).to_contain_text(f"frame {frame} of {FRAMES} ")
        shown = picture(video)
        assert number_in(shown) == frame == number_in(clip.frame(frame))
    output.get_by_role("button", name="one frame back").click()
    expect(output.locator(".fpw-player-place")).to_contain_text(f"frame {FRAMES - 2} of")
    assert number_in(picture(video)) == FRAMES - 2
    assert nb.evaluate_in_kernel("print(player.frame)") == str(FRAMES - 2)


def test_a_pause_shows_the_frame_that_it_names(notebook, folder):
    clip = numbered_clip(folder / "clip.mp4")
    nb = notebook([show(clip)], folder=folder.name)
    output = nb.run(0)
    plays(output, 0.5)
    output.get_by_role("button", name="play or pause").click()
    expect(output.get_by_role("button", name="play or pause")).to_have_text("play")
    number = number_in(picture(video_in(output)))
    expect(output.locator(".fpw-player-place")).to_contain_text(f"frame {number} of {FRAMES} ")
    nb.expect_in_kernel("print(player.frame)", str(number))
    assert nb.evaluate_in_kernel("print(player.playing)") == "False"


def test_another_file_at_the_clips_address_is_never_shown(notebook, folder):
    clip = numbered_clip(folder / "clip.mp4")
    swap = (
        f"{IMPORT}\nimport shutil\nplayer = fp.Player({str(clip)!r})\n"
        f"shutil.copyfile({str(folder / 'other.mp4')!r}, {str(clip)!r})\nplayer"
    )
    numbered_clip(folder / "other.mp4", colour=200)
    nb = notebook([swap], folder=folder.name)
    output = nb.run(0)
    expect(output.locator(".fpw-player-cover")).to_contain_text("has changed since the clip was")
    assert video_in(output).evaluate("video => video.currentSrc + video.videoWidth") in ("", "0")
    nb.evaluate_in_kernel("player.reload()")
    assert picture(plays(output, 0.1))[10, 10, 0] > 150


def test_a_file_that_is_gone_is_told(notebook, folder):
    clip = numbered_clip(folder / "clip<b>.mp4")
    nb = notebook([f"{IMPORT}\nplayer = fp.Player({str(clip)!r})\n", "player"], folder=folder.name)
    nb.run(0)
    clip.unlink()
    output = nb.run(1)
    expect(output.locator(".fpw-player-cover")).to_contain_text("clip<b>.mp4 cannot be read")
    expect(output.get_by_role("button", name="try again")).to_be_visible()
    assert contrast(nb.page, output.locator(".fpw-player")) == []
    nb.screenshot("player-error", 1)
    numbered_clip(folder / "clip<b>.mp4")
    nb.evaluate_in_kernel("player.reload()")
    plays(output, 0.2)


def test_the_shown_frame_is_handed_over_exactly(still, folder):
    nb, output = still
    expect(output.get_by_role("button", name="use the frame")).to_be_hidden()
    nb.evaluate_in_kernel(
        "got = []; player.on_use(lambda image, frame: got.append((image, frame)))"
    )
    nb.evaluate_in_kernel("player.frame = 17")
    expect(output.locator(".fpw-player-place")).to_contain_text("frame 17 of")
    output.get_by_role("button", name="use the frame").click()
    expect(output).to_contain_text("Frame 17 was taken as start frame.")
    same = "import numpy; print((numpy.asarray(got[0][0].open()) == player.clip.frame(17)).all())"
    assert nb.evaluate_in_kernel(same) == "True"
    assert nb.evaluate_in_kernel("print(got[0][1])") == "17"
    nb.evaluate_in_kernel("player.on_use(lambda image, frame: 1 / 0)")
    output.get_by_role("button", name="use the frame").click()
    expect(output.get_by_role("alert")).to_contain_text("division by zero")


def test_save_hands_the_whole_file_to_the_browser(still, folder):
    nb, output = still
    with nb.page.expect_download() as download:
        output.get_by_role("button", name="save the clip").click()
    assert download.value.suggested_filename == "a clip #1.mp4"
    saved = folder / "saved.mp4"
    download.value.save_as(saved)
    assert saved.read_bytes() == (folder / "a clip #1.mp4").read_bytes()


CHANGES = {  # what is seen after each action; the player stands on frame 20 before it
    "play": lambda out: expect(out.get_by_role("button", name="play or pause")).to_have_text(
        "pause"
    ),
    "back": lambda out: expect(out.locator(".fpw-player-place")).to_contain_text("frame 19 of"),
    "forward": lambda out: expect(out.locator(".fpw-player-place")).to_contain_text("frame 21 of"),
    "start": lambda out: expect(out.locator(".fpw-player-place")).to_contain_text("frame 0 of"),
    "end": lambda out: expect(out.locator(".fpw-player-place")).to_contain_text("frame 44 of"),
    "slower": lambda out: expect(out.get_by_label("speed")).to_have_value("0.75"),
    "faster": lambda out: expect(out.get_by_label("speed")).to_have_value("1.5"),
    "loop": lambda out: expect(out.get_by_label("loop")).not_to_be_checked(),
    "save": lambda out: expect(out).to_contain_text("handed to the browser's downloads"),
    "use": lambda out: expect(out).to_contain_text("Frame 20 was taken"),
}


def test_every_key_of_the_table_does_what_it_says(still):
    nb, output = still
    nb.evaluate_in_kernel("player.on_use(lambda image, frame: None)")
    start = "player.playing = False; player.loop = True; player.speed = 1.0; player.frame = 20"
    for key in (key for key in KEYS if key.widget == "player"):
        for pressed in key.keys:
            nb.evaluate_in_kernel(start)
            expect(output.locator(".fpw-player-place")).to_contain_text("frame 20 of")
            expect(output.get_by_label("speed")).to_have_value("1")
            expect(output.get_by_label("loop")).to_be_checked()
            output.locator(".fpw-player").focus()
            nb.page.keyboard.press("Space" if pressed == " " else pressed)
            CHANGES[key.action](output)
            nb.page.keyboard.press("Home")  # the next one has to come back
            expect(output.locator(".fpw-player-place")).to_contain_text("frame 0 of")
            nb.expect_in_kernel("print(player.frame)", "0")


def test_out_of_sight_it_stops_and_comes_back(notebook, folder):
    clip = numbered_clip(folder / "clip.mp4")
    space = "import ipywidgets; ipywidgets.HTML('<div style=\"height: 3000px\"></div>')"
    nb = notebook([show(clip), space], folder=folder.name)
    nb.run_all()
    nb.cell(0).scroll_into_view_if_needed()
    video = plays(nb.output(0), 0.2)
    nb.output(1).locator("div").last.evaluate("element => element.scrollIntoView({block: 'end'})")
    nb.page.wait_for_function("video => video.paused", arg=video.element_handle())
    assert nb.evaluate_in_kernel("print(player.playing)") == "True"
    nb.cell(0).scroll_into_view_if_needed()
    plays(nb.output(0), 0.2)


def test_with_reduced_motion_it_waits_to_be_started(notebook, folder):
    clip = numbered_clip(folder / "clip.mp4")
    nb = notebook([show(clip)], folder=folder.name)
    nb.page.emulate_media(reduced_motion="reduce")
    output = nb.run(0)
    button = output.get_by_role("button", name="play or pause")
    nb.page.wait_for_function(
        "video => video.readyState >= 2", arg=video_in(output).element_handle()
    )
    expect(button).to_have_text("play")
    button.click()
    plays(output, 0.2)


def test_it_fits_and_can_be_read(still):
    nb, output = still
    nb.evaluate_in_kernel("player.on_use(lambda image, frame: None)")
    for theme, width in itertools.product(("light", "dark"), (400, 1600)):
        nb.theme(theme)
        nb.resize(width)
        no_horizontal_scroll(output)
        assert contrast(nb.page, output.locator(".fpw-player")) == []
        stops = tab_stops(nb.page, output.locator(".fpw-player"))
        assert all(stop.drawn and stop.name for stop in stops)
        assert unreached(output.locator(".fpw-player")) == []
        nb.screenshot(f"player-{width}-{theme}", 0)
