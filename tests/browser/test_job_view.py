"""A job's view in a real page: bars that grow, previews, buttons, ways out of an error."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from browser.looks import contrast, no_horizontal_scroll, tab_stops, unreached

VIEW = """
import framepack_widgets as fp
studio = fp.connect({url!r}, library="jobs")
job = studio.submit(prompt={prompt!r}, model={model!r}, seconds={seconds}, steps={steps}, seed=7)
view = fp.JobView(job)
view
"""
PICTURE = "img.fpw-job-preview"


def cell(url, prompt="it looks up", model="Original", seconds=4, steps=25):
    return VIEW.format(url=url, prompt=prompt, model=model, seconds=seconds, steps=steps)


def panel(output):
    return output.locator(".fpw-job")


def headline(output):
    return output.locator(".fpw-job-headline")


def state(output, name):
    expect(output.locator(f'.fpw-job[data-state="{name}"]')).to_be_visible(timeout=40_000)


def button(output, name):
    return output.get_by_role("button", name=name, exact=True)


def whole(output):
    return int(output.get_by_role("progressbar", name="whole").get_attribute("aria-valuenow"))


def test_a_render_from_the_queue_to_its_clip(notebook, slow_demo):
    nb = notebook([cell(slow_demo.url, seconds=2)])
    out = nb.run(0)
    state(out, "running")
    expect(headline(out)).to_have_text("rendering")
    expect(out.locator(".fpw-job-labels").first).to_contain_text(re.compile(r"step \d+ of 25"))
    expect(out.locator(".fpw-job-times")).to_contain_text(
        re.compile(r"(about \d+:\d\d|a moment) left")
    )
    first, begun = out.locator(PICTURE), whole(out)
    expect(first).to_be_visible()
    shown = first.get_attribute("src")
    expect(out.locator(PICTURE)).not_to_have_attribute("src", shown)
    nb.page.wait_for_function(
        "least => +document.querySelectorAll('[role=progressbar]')[1].ariaValueNow > least",
        arg=begun,
    )
    nb.screenshot("job-running", 0)
    state(out, "done")
    expect(out.locator(PICTURE)).to_be_hidden()
    expect(out.locator("video")).to_be_visible()
    expect(out.get_by_role("progressbar")).to_have_count(0)
    assert nb.evaluate_in_kernel("print(view._clip_part.player.clip == job.clip)") == "True"
    nb.screenshot("job-done", 0)
    assert not nb.uncaught()
    nb.page.wait_for_function(SAVED, arg="</b>: done")
    assert nb.save().stat().st_size < 100_000


SAVED = """(text) => JSON.stringify(
  window.jupyterapp.shell.currentWidget.content.model.toJSON().cells[0].outputs
).includes(text)"""


def test_the_clip_so_far_is_shown_on_demand(notebook, slow_demo):
    nb = notebook([cell(slow_demo.url, seconds=12)])
    out = nb.run(0)
    more = button(out, "Show the clip so far")
    expect(more).to_be_visible(timeout=30_000)
    expect(out).to_contain_text("the clip's end: Original grows from the end backwards")
    expect(out.locator("video")).to_be_hidden()
    more.click()
    expect(out.locator("video")).to_be_visible()
    nb.screenshot("job-so-far", 0)
    button(out, "Hide the clip so far").click()
    expect(out.locator("video")).to_be_hidden()
    button(out, "Cancel").click()
    state(out, "cancelled")


def test_cancel_by_a_click(notebook, slow_demo):
    nb = notebook([cell(slow_demo.url, seconds=12)])
    out = nb.run(0)
    state(out, "running")
    button(out, "Cancel").click()
    expect(headline(out)).to_contain_text("cancel")
    state(out, "cancelled")
    assert nb.evaluate_in_kernel("print(job.state)") == "cancelled"
    expect(button(out, "Retry")).to_be_visible()


def test_enough_keeps_a_partial_clip(notebook, slow_demo):
    nb = notebook([cell(slow_demo.url, seconds=12)])  # longer than a busy page takes for a click
    out = nb.run(0)
    state(out, "running")
    expect(button(out, "Enough, keep it")).to_be_hidden()  # no section is finished yet
    button(out, "Enough, keep it").click()
    state(out, "done")
    expect(headline(out)).to_contain_text("partial clip")
    expect(out.locator("video")).to_be_visible()
    assert nb.evaluate_in_kernel("print(job.clip.partial)") == "True"


def test_a_failed_job_says_why_and_is_tried_again(notebook, demo_server):
    nasty = "<img src=x onerror=window.hacked=1>"
    nb = notebook([cell(demo_server(speed=40, fail_every=2).url, prompt=nasty), "view.job = retry"])
    nb.evaluate_in_kernel("tried = []")
    out = nb.run(0)
    state(out, "done")
    nb.evaluate_in_kernel("view.on_retry(tried.append); view.job = studio.submit(job.settings)")
    state(out, "failed")
    expect(out.locator(".fpw-job-message")).to_contain_text("The render failed on the server")
    out.get_by_text("What was asked").click()
    expect(out.get_by_role("cell", name=nasty)).to_be_visible()
    nb.screenshot("job-failed", 0)
    button(out, "Show what was found").click()
    expect(out.get_by_role("region", name="what was found")).to_contain_text("handed over")
    button(out, "Retry").click()
    state(out, "done")
    assert nb.evaluate_in_kernel(
        "print(tried == [view.job], view.job.settings == job.settings)"
    ) == ("True True")
    assert nb.page.evaluate("window.hacked") is None


def test_trouble_is_shown_while_the_studio_is_away(notebook, demo_server, tmp_path):
    first = demo_server(speed=3, workdir=tmp_path / "studio")
    nb = notebook([cell(first.url, seconds=2)])
    out = nb.run(0)
    state(out, "running")
    first.kill()
    banner = out.locator(".fpw-job-banner.fpw-warning")
    expect(banner).to_be_visible(timeout=30_000)
    expect(banner).to_contain_text(first.url)
    expect(out.locator(".fpw-job-times")).not_to_contain_text("left")
    nb.screenshot("job-trouble", 0)
    demo_server(speed=40, workdir=tmp_path / "studio", port=first.port)
    expect(banner).to_be_hidden(timeout=40_000)
    state(out, "done")
    expect(out.locator(".fpw-job-notes")).to_contain_text("sent again")


def test_bars_move_while_a_cell_waits_and_cancel_gets_through(notebook, slow_demo):
    nb = notebook(
        [
            cell(slow_demo.url, seconds=12),
            "try:\n    job.result()\nexcept fp.JobCancelled:\n    print('over')",
        ]
    )
    out = nb.run(0)
    nb.run(1, wait=False)
    state(out, "running")
    begun = whole(out)
    nb.page.wait_for_function(
        "least => +document.querySelectorAll('[role=progressbar]')[1].ariaValueNow > least",
        arg=begun,
    )
    button(out, "Cancel").click()
    nb.wait_cell(1)
    expect(nb.output(1)).to_contain_text("over")
    state(out, "cancelled")


def test_a_job_of_an_earlier_kernel_in_two_views(notebook, slow_demo):
    nb = notebook([cell(slow_demo.url, seconds=8)])
    out = nb.run(0)
    state(out, "running")
    job_id = panel(out).get_attribute("data-job")
    nb.restart_kernel()
    expect(out.locator(".fpw-job-banner.fpw-error")).to_contain_text(
        "No kernel belongs to this view"
    )
    again = nb.run(
        nb.add_cell(
            "import framepack_widgets as fp\n"
            f"studio = fp.connect({slow_demo.url!r}, library='jobs')\n"
            f"job = studio.job({job_id!r})\nview = fp.JobView(job)\nview"
        )
    )
    expect(again.locator(PICTURE)).to_be_visible(timeout=20_000)
    other = nb.run(nb.add_cell("view"))
    expect(other.locator(PICTURE)).to_be_visible(timeout=20_000)  # asks for the newest, too
    button(other, "Cancel").click()
    state(again, "cancelled")
    state(other, "cancelled")


TIMERS = """() => {
  window.timers = new Map();
  const [set, clear] = [window.setInterval.bind(window), window.clearInterval.bind(window)];
  window.setInterval = (call, ...more) => {
    const id = set(call, ...more);
    window.timers.set(id, String(call));
    return id;
  };
  window.clearInterval = (id) => { window.timers.delete(id); clear(id); };
}"""
OURS = "() => [...window.timers.values()].filter((call) => call.includes('timesOf')).length"


def test_no_timer_is_left_when_the_job_is_over(notebook, slow_demo):
    nb = notebook([cell(slow_demo.url, seconds=2), "view.close()"])
    nb.page.evaluate(TIMERS)
    out = nb.run(0)
    state(out, "running")
    nb.page.wait_for_function(f"({OURS})() === 1")
    state(out, "done")
    nb.page.wait_for_function(f"({OURS})() === 0")
    nb.run(1)
    expect(panel(out)).to_have_count(0)
    assert nb.evaluate_in_kernel("print(len(job._listeners))") == "0"
    assert not nb.uncaught()


LOOKS = """
import framepack_widgets as fp
from framepack_widgets.job import JobState, Progress, Wish
studio = fp.connect({url!r}, library="jobs")
job = studio.submit(prompt="it looks up " * 170, seconds=1, steps=1, seed=7)
job.result()
view = fp.JobView(job)
view.on_settings(print)
view.on_use(print)
view._clip_part.player.playing = False
ended = job.record

def show(state, **changes):
    job.tell(ended.replace(state=JobState(state), clip=None, **changes))

view
"""
RUNNING = """show(
    "running",
    progress=Progress(fraction=.62, section_fraction=.48, section=3, sections=5, step=12, steps=25,
        eta_s=108, frames=30, video="/v/1_18.mp4", text="Total generated frames: 30"),
    notes=("LoRA “anime_v2” was dropped by the Studio: " + "x" * 90,),
)"""
FAILED = """show("failed", message="The render failed: Error: CUDA out of memory. " * 6)
view._panel.trouble = "No Studio is connected for this job." """


def test_it_looks_right_everywhere(notebook, demo):
    nb = notebook([LOOKS.format(url=demo.url)])
    out = nb.run(0)
    state(out, "done")
    out.get_by_text("What was asked").click()
    for name, code in (("done", ""), ("running", RUNNING), ("failed", FAILED)):
        nb.evaluate_in_kernel(code)
        state(out, name)
        if name == "failed":
            button(out, "Show what was found").click()
            expect(out.get_by_role("region", name="what was found")).to_be_visible()
        for theme in ("light", "dark"):
            nb.theme(theme)
            for width in (400, 1600):
                nb.resize(width)
                nb.screenshot(f"job-{name}-{theme}-{width}", 0)
                no_horizontal_scroll(panel(out))
            assert contrast(nb.page, panel(out)) == []
        stops = tab_stops(nb.page, panel(out))
        assert all(stop.drawn and stop.name for stop in stops)
        assert unreached(panel(out)) == []


def test_a_job_and_its_clip_show_themselves(notebook, demo):
    submit = f"import framepack_widgets as fp\nstudio = fp.connect({demo.url!r}, library='jobs')\n"
    nb = notebook([submit + "job = studio.submit(seconds=1, seed=7)\njob", "await job"])
    state(nb.run(0), "done")
    out = nb.run(1)
    expect(out.locator(".fpw-player video")).to_be_visible()
    expect(out).to_contain_text("yes: it carries this job's own stamp")
    assert nb.uncaught() == []
