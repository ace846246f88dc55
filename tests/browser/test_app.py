"""The App in a real page: connecting, rendering, coming back, notices, looks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached

APP = """
import framepack_widgets as fp
app = fp.App({url!r}, library={library!r})
app
"""


@pytest.fixture(autouse=True)
def patience():
    """A whole App on a busy machine."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=20_000)


def cell(url, library="jobs"):
    return APP.format(url=url, library=library)


def tab(out, name):
    return out.get_by_role("tab", name=re.compile(name))


def button(out, name):
    return out.get_by_role("button", name=name, exact=True).locator("visible=true")


def submit(nb, count=1, **values):
    """Ask for renders from code; their ids."""
    nb.evaluate_in_kernel(
        f"jobs = [app.studio.submit(**{{'seconds': 1, 'seed': n, **{values!r}}}) "
        f"for n in range({count})]"
    )
    return nb.evaluate_in_kernel("print(*[job.id for job in jobs])").split()


def connected(out):
    expect(out.locator(".fpw-bar-line")).to_contain_text("6 models", timeout=30_000)
    expect(button(out, "Render")).to_be_visible(timeout=30_000)


def test_a_render_by_clicks_and_again_after_a_kernel_restart(notebook, demo):
    nb = notebook([cell(demo.url)])
    out = nb.run(0)
    connected(out)
    expect(out.locator(".fpw-bar-line")).to_contain_text(
        re.compile(r"Studio 0\.5\.1 · 127\.0\.0\.1:\d+ · 6 models · [23] LoRAs")
    )
    length = out.get_by_role("textbox", name="Length (s)")
    length.fill("1")
    length.press("Enter")
    expect(out).to_contain_text("33 frames")
    button(out, "Render").click()
    expect(out.locator(".fpw-jobs")).to_contain_text("Our jobs: 1")
    expect(tab(out, "Clips")).to_have_text("Clips (1)", timeout=30_000)
    expect(out.locator(".fpw-panel-0 video").locator("visible=true")).to_have_count(1)
    expect(out.locator(".fpw-earlier img")).to_have_attribute("src", re.compile("^blob:"))
    expect(out.locator(".fpw-jobs")).to_be_hidden()

    out.locator(".fpw-panel-0 .fpw-star").nth(4).click()
    note = out.locator(".fpw-panel-0").get_by_label("Note")
    note.fill("the yawn <b>is</b> good")
    note.press("Enter")
    expect(out.locator(".fpw-panel-0 .fpw-star").nth(4)).to_have_attribute("aria-checked", "true")
    said = "r = app.library.jobs()[0]; print(r.stars, r.note)"
    nb.expect_in_kernel(said, "4 the yawn <b>is</b> good")

    nb.restart_kernel()
    out = nb.run(0)
    connected(out)
    expect(tab(out, "Clips")).to_have_text("Clips (1)")
    expect(out.locator(".fpw-panel-0").get_by_label("Note")).to_have_value(
        "the yawn <b>is</b> good"
    )
    expect(out.locator(".fpw-panel-0 .fpw-star").nth(4)).to_have_text("★")
    assert nb.uncaught() == []


def test_the_waiting_list_and_a_restart_while_it_runs(notebook, slow_demo):
    nb = notebook([cell(slow_demo.url)])
    out = nb.run(0)
    connected(out)
    ids = submit(nb, 4, seconds=6, prompt="<i>walks</i> away")
    jobs = out.locator(".fpw-jobs")
    expect(jobs.locator("li")).to_have_count(4)
    expect(jobs).to_contain_text("<i>walks</i> away")
    expect(jobs.locator("li").first).to_contain_text("running", timeout=20_000)
    button(jobs, "pause all").click()
    expect(jobs).to_contain_text("Our jobs: 4 (3 paused)")
    jobs.locator("li").nth(1).get_by_role("button", name=re.compile("^resume")).click()
    expect(jobs).to_contain_text("(2 paused)")
    jobs.locator("li").nth(3).get_by_role("button", name=re.compile("^cancel")).click()
    expect(jobs.locator("li")).to_have_count(3)
    assert nb.evaluate_in_kernel(f"print(app.library.get({ids[3]!r}).state)") == "cancelled"

    nb.restart_kernel()
    out = nb.run(0)
    connected(out)
    expect(out.locator(".fpw-job[data-state=running]")).to_be_visible(timeout=20_000)
    expect(out.locator(".fpw-jobs li").first).to_contain_text("running")
    expect(out.locator(".fpw-jobs li")).to_have_count(3)
    nb.evaluate_in_kernel("for job in app.jobs:\n    job.done or job.cancel()")
    expect(out.locator(".fpw-jobs")).to_be_hidden()  # the next test's render comes first


def test_nobody_there_says_so_and_another_address_helps(notebook, demo):
    nb = notebook([cell("http://me:geheim@127.0.0.1:1"), "app.studio"])
    nb.resize(1600)
    out = nb.run(0)
    alert = out.locator(".fpw-bar [role=alert]").first
    expect(alert).to_contain_text("Nothing listens at http://127.0.0.1:1. Start the Studio")
    expect(nb.run(1, fails=True)).to_contain_text("Nothing listens")
    nb.screenshot("app-unreachable", 0)
    tab(out, "Clips").click()
    expect(out.locator(".fpw-grid")).to_contain_text("There are no clips yet")
    button(out, "try again").click()
    expect(alert).to_contain_text("Nothing listens")
    button(out, "change").click()
    out.get_by_label("address").fill(demo.url)
    out.get_by_text("login or token").click()
    out.get_by_label("token").fill("geheim-2")
    out.get_by_label("user").fill("me")
    out.get_by_label("password").fill("geheim-3")
    expect(out.get_by_label("password")).to_have_attribute("type", "password")
    expect(out.get_by_label("token")).to_have_attribute("type", "password")
    out.get_by_label("user").fill("")
    button(out, "connect").click()
    tab(out, "Render").click()
    connected(out)
    expect(alert).to_be_hidden()
    expect(out.get_by_label("token")).to_have_value("")
    state = nb.evaluate_in_kernel(
        "import json; from ipywidgets import Widget; print(json.dumps(Widget.get_manager_state()))"
    )
    assert "6 models" in state, "what a saved notebook holds of the widgets"
    assert "geheim" not in state


def test_a_studio_that_goes_away_and_comes_back(notebook, demo_server):
    first = demo_server(speed=3)
    nb = notebook([cell(first.url)])
    out = nb.run(0)
    connected(out)
    submit(nb, 2, seconds=6)
    expect(out.locator(".fpw-job[data-state=running]")).to_be_visible(timeout=20_000)
    first.kill()
    banner = out.locator(".fpw-bar .fpw-warning")
    expect(banner).to_contain_text("Reconnecting", timeout=30_000)
    demo_server(speed=40, port=first.port)
    expect(banner).to_be_hidden(timeout=60_000)
    expect(tab(out, "Clips")).to_have_text("Clips (2)", timeout=60_000)


def test_the_server_tab(notebook, demo):
    nb = notebook([cell(demo.url)])
    out = nb.run(0)
    connected(out)
    submit(nb)
    expect(tab(out, "Clips")).to_have_text("Clips (1)", timeout=30_000)
    asked = "print(app._tabs._server)"
    assert nb.evaluate_in_kernel(asked) == "None", "made when it is opened"
    tab(out, "Server").focus()
    nb.page.keyboard.press("ArrowLeft")
    expect(tab(out, "LoRAs")).to_be_focused()
    nb.page.keyboard.press("End")
    expect(tab(out, "Server")).to_be_focused()
    expect(out.locator(".fpw-server tbody tr").last).to_contain_text("ours")
    expect(out.locator(".fpw-facts")).to_contain_text("camera-orbit, anime_v2")
    out.get_by_text("what this server accepts").click()
    expect(out.locator(".fpw-server")).to_contain_text("magcache_threshold")
    expect(out.get_by_role("tabpanel")).to_have_count(1)
    button(out.locator(".fpw-bar"), "refresh").click()
    expect(out.locator(".fpw-bar")).to_contain_text("Nothing has changed on the server")
    nb.resize(400)
    nb.screenshot("app-400-server", 0)
    no_horizontal_scroll(out, allow=".fpw-scroll")


def test_the_title_tells_who_looks_elsewhere(notebook, demo):
    nb = notebook([cell(demo.url)])
    out = nb.run(0)
    connected(out)
    title = nb.page.title()
    nb.page.evaluate("() => { document.hasFocus = () => false; }")
    submit(nb, 2)
    nb.page.wait_for_function("() => document.title.startsWith('✔ (2) ')", timeout=30_000)
    nb.page.evaluate(
        "() => { document.hasFocus = () => true; window.dispatchEvent(new Event('focus')); }"
    )
    nb.page.wait_for_function("title => document.title === title", arg=title)
    submit(nb, 1)
    expect(tab(out, "Clips")).to_have_text("Clips (3)", timeout=30_000)
    assert nb.page.title() == title, "who looks needs no badge"
    nb.page.evaluate("() => { window.Notification = class { static permission = 'denied'; }; }")
    switch = out.get_by_role("switch")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(out.locator(".fpw-notice")).to_contain_text("allow them in its site settings")


def test_two_apps_and_a_cell_that_runs_again(notebook, demo):
    nb = notebook([cell(demo.url), cell(demo.url).replace("app", "second")])
    first = nb.run(0)
    connected(first)
    second = nb.run(1)
    connected(second)
    count = "import ipywidgets; print(len(ipywidgets.Widget.widgets))"
    before = int(nb.evaluate_in_kernel(count))
    nb.evaluate_in_kernel("old = app")
    connected(nb.run(0))
    assert nb.evaluate_in_kernel("print(old._closed, app._closed, second._closed)") == (
        "True False False"
    )
    assert int(nb.evaluate_in_kernel(count)) <= before + 5, "nothing of the old one is left"
    nb.evaluate_in_kernel("app.settings = fp.Settings(prompt='from code', seconds=1, seed=5)")
    expect(nb.output(0).get_by_role("textbox", name="Prompt", exact=True)).to_have_value(
        "from code"
    )
    submit(nb)
    for out in (nb.output(0), nb.output(1)):
        tab(out, "Clips").scroll_into_view_if_needed()
        expect(tab(out, "Clips")).to_have_text("Clips (1)", timeout=30_000)
    assert nb.uncaught() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_looks(notebook, demo, theme):
    nb = notebook([cell(demo.url)])
    nb.theme(theme)
    out = nb.run(0)
    connected(out)
    nb.evaluate_in_kernel(f"app.settings = fp.Settings(prompt={'word ' * 400!r}, seconds=1)")
    submit(nb, 2, prompt="long " * 400)
    expect(out.locator(".fpw-earlier button")).to_have_count(2, timeout=30_000)
    out.get_by_text("keys", exact=True).click()
    out.get_by_text("without this notebook", exact=True).click()
    button(out, "change").click()
    for width in (1600, 400):
        nb.resize(width)
        for name in ("Render", "Sweep", "Clips", "LoRAs", "Server"):
            tab(out, name).click()
            if name == "Clips":
                expect(out.locator(".fpw-tile")).to_have_count(2)
                out.locator(".fpw-tile").first.click()
                expect(out.locator(".fpw-panel-2 .fpw-card")).to_be_visible()
            if name == "LoRAs":
                expect(out.locator(".fpw-lora-item").first).to_be_visible()
            if name == "Server":
                expect(out.locator(".fpw-server")).to_contain_text("asked at")
            nb.screenshot(f"app-{width}-{name.lower()}-{theme}", 0)
            no_horizontal_scroll(out, allow=".fpw-scroll")
            assert contrast(nb.page, out.locator(".fpw-app")) == []
    columns = out.locator(".fpw-panel-0 .fpw-column")
    tab(out, "Render").click()
    boxes = [columns.nth(n).bounding_box() for n in range(2)]
    assert boxes[0]["x"] == boxes[1]["x"], "below each other where it is narrow"
    nb.resize(1600)
    boxes = [columns.nth(n).bounding_box() for n in range(2)]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"], "beside each other where it is wide"


def test_tab_reaches_everything(notebook, demo):
    nb = notebook([cell(demo.url)])
    out = nb.run(0)
    connected(out)
    submit(nb, 2)
    expect(out.locator(".fpw-earlier button")).to_have_count(2, timeout=30_000)
    button(out, "change").click()
    for name in ("Render", "Sweep", "Clips", "LoRAs", "Server"):
        tab(out, name).click()
        if name == "Clips":
            out.locator(".fpw-tile").first.click()
            expect(out.locator(".fpw-panel-2 .fpw-card")).to_be_visible()
        if name == "Sweep":
            expect(out.locator(".fpw-panel-1 .fpw-run")).to_be_visible()
        if name == "LoRAs":
            expect(out.locator(".fpw-lora-item").first).to_be_visible()
        if name == "Server":  # its renders come a moment later
            expect(out.locator(".fpw-shelf .fpw-render").first).to_be_visible()
        stops = tab_stops(nb.page, out)
        assert [stop for stop in stops if not stop.name or not stop.drawn] == []
        # One of each group is enough: the arrow keys reach the others.
        groups = ("fpw-tile", "fpw-star", "role=tab", "fpw-tablist")
        left = [line for line in unreached(out) if not any(group in line for group in groups)]
        assert left == []


THEIRS = """
theirs = fp.connect({url!r}, library='theirs')
strangers = [theirs.submit(prompt='of others', seed=n, **{values!r}) for n in range({count})]
"""


def others(nb, url, count=1, **values):
    """Somebody else, with a Library of their own, asks for renders on the same server."""
    nb.evaluate_in_kernel(THEIRS.format(url=url, count=count, values=values))


def renders(out, state=""):
    return out.locator(f".fpw-shelf .fpw-render{state}")


def test_clips_of_others_are_adopted_by_clicking(notebook, demo):
    nb = notebook([cell(demo.url)])
    out = nb.run(0)
    connected(out)
    others(nb, demo.url, 3, seconds=1)
    nb.evaluate_in_kernel("_ = [job.result(60) for job in strangers]")
    tab(out, "Server").click()
    newest = renders(out).filter(has=nb.page.get_by_role("checkbox")).first.locator("img")
    nb.page.wait_for_function("image => image.naturalWidth > 100", arg=newest.element_handle())
    boxes = out.locator(".fpw-shelf").get_by_role("checkbox")
    boxes.nth(0).focus()
    nb.page.keyboard.press("Space")
    boxes.nth(2).check()
    button(out, "adopt 2 clips").click()
    expect(out.locator(".fpw-shelf")).to_contain_text("2 clips adopted")
    expect(renders(out).nth(0)).to_contain_text("in the Library")
    expect(renders(out).nth(1).get_by_role("checkbox")).not_to_be_checked()
    expect(renders(out).nth(2)).to_contain_text("in the Library")
    expect(tab(out, "Clips")).to_have_text("Clips (2)")
    told = nb.evaluate_in_kernel(
        "print(*[(r.settings.prompt, r.settings.seed) for r in app.library.jobs()])"
    )
    assert told == "('of others', 2) ('of others', 0)"
    assert nb.uncaught() == []


def test_a_render_of_others_is_watched_and_adopted(notebook, slow_demo):
    nb = notebook([cell(slow_demo.url)])
    out = nb.run(0)
    connected(out)
    tab(out, "Server").click()
    watched = out.locator(".fpw-stranger")
    expect(watched).to_contain_text("Nobody else's render is running")
    others(nb, slow_demo.url, seconds=4)
    expect(watched).to_contain_text("Running: somebody else's render")
    expect(watched.get_by_role("progressbar").first).to_be_visible()
    picture = watched.locator("img")
    expect(picture).to_be_visible()
    nb.page.wait_for_function("image => image.naturalWidth > 0", arg=picture.element_handle())
    button(watched, "adopt its clip").click(timeout=60_000)
    expect(watched).to_contain_text("Its clip is in the Library")
    expect(renders(out).first).to_contain_text("in the Library")
    expect(tab(out, "Clips")).to_have_text("Clips (1)")
