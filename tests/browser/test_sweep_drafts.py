"""Runs of sweeps by clicking: drafts and what is rendered in full, pause, stop, turn, deletion."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from browser.sweep_pages import SweepTab

RENDERED = """
run = app.studio.run_of("quick")
print(run.is_draft, [(p.number, p.settings.steps, float(p.settings.seconds)) for p in run.points])
"""
TURNS = "print([run.name for run in app.studio.runs()])"
CLIPS = "print(len(app.library.jobs()))"


def test_drafts_first_then_the_best_in_full(notebook, demo):
    tab = SweepTab(notebook, demo.url).open()
    editor = tab.editor
    tab.axis(1, "seed", "Seed").fill("1, 2, 3")
    expect(editor).to_contain_text("3 points · 3 renders to do")
    editor.get_by_role("checkbox", name="draft first").check()
    steps = editor.get_by_role("textbox", name="steps", exact=True)
    steps.fill("4")
    editor.get_by_role("textbox", name="seconds", exact=True).fill("")
    expect(editor).to_contain_text("Drafts of 4 steps: 3 points · 3 renders to do")
    expect(editor).to_contain_text("all in full afterwards:")
    editor.get_by_label("name of the run").fill("quick")
    editor.get_by_role("button", name="Run 3 renders").click()
    expect(tab.sweep.locator(".fpw-run-head")).to_contain_text("draft")
    expect(tab.totals).to_contain_text("3 points · 3 done", timeout=30_000)
    tab.tiles.nth(0).click()
    tab.tiles.nth(2).click(modifiers=["Control"])
    tab.press("render in full")
    name = tab.sweep.locator(".fpw-run-head strong")
    expect(name).to_have_text("quick")
    expect(tab.totals).to_have_text(re.compile("2 points · 2 done"), timeout=30_000)
    expect(tab.tiles).to_have_count(2)
    assert tab.nb.evaluate_in_kernel(RENDERED) == "False [(0, 8, 1.0), (2, 8, 1.0)]"

    select = tab.runs.get_by_role("combobox")
    expect(select.locator("option")).to_have_count(2)
    tab.runs.get_by_role("button", name="delete run…").click()
    expect(tab.runs.get_by_role("alertdialog")).to_contain_text("Delete the run quick · done")
    tab.nb.page.keyboard.press("Enter")  # the way back has the focus
    expect(tab.runs.get_by_role("alertdialog")).to_be_hidden()
    tab.runs.get_by_role("button", name="delete run…").click()
    tab.runs.get_by_role("button", name="delete it").click()
    expect(select.locator("option")).to_have_count(1)
    expect(name).to_have_text("quick (draft)")
    assert tab.nb.evaluate_in_kernel(CLIPS) == "5", "the clips stay"
    assert tab.nb.uncaught() == []


def test_runs_are_paused_stopped_and_brought_forward(notebook, slow_demo):
    tab = SweepTab(notebook, slow_demo.url).open()
    head = tab.sweep.locator(".fpw-run-head")
    state = head.locator(".fpw-run-state")
    for name in ("one", "two"):
        tab.axis(1, "seed", "Seed").fill("1:20" if name == "one" else "21:40")
        tab.editor.get_by_label("name of the run").fill(name)
        tab.editor.get_by_role("button", name="Run 20 renders").click()
        expect(head.locator("strong")).to_have_text(name)
    expect(state).to_have_text("waiting")
    tab.press("before other runs")
    tab.press("pause")
    expect(state).to_have_text("paused")
    assert tab.nb.evaluate_in_kernel(TURNS) == "['two', 'one']"
    tab.press("go on")
    expect(state).to_have_text(re.compile("waiting|running"))
    tab.runs.get_by_role("button", name="delete run…").click()
    tab.runs.get_by_role("button", name="delete it").click()
    expect(tab.runs.get_by_role("alert")).to_contain_text("not over")
    for name in ("two", "one"):
        option = tab.runs.locator("option").filter(has_text=re.compile(f"^{name}"))
        tab.runs.get_by_role("combobox").select_option(option.get_attribute("value"))
        expect(head.locator("strong")).to_have_text(name)
        tab.press("stop")
        expect(state).to_have_text("stopped", timeout=30_000)
    assert tab.nb.uncaught() == []
