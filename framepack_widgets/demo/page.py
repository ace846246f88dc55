"""The page of the built-in Studio: modest, but it works in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from .dialects import Dialect
from .folders import Folders
from .form import Form, make_form
from .tables import queue_page

TITLE = "FramePack Studio"
_HEAD = """
<div style="display: flex; align-items: baseline; gap: 0.6em; flex-wrap: wrap;">
  <h1 style="margin: 0;">FP Studio</h1><p class="toolbar-version">v{version}</p>
  <p><b>Demo: no model.</b> It moves a camera over the image you give it, so that programs that
  speak to a Studio can be tried without a GPU.</p>
</div>
"""


@dataclass(frozen=True)
class Page:
    """The components that endpoints read and fill."""

    blocks: Any
    form: Form
    video: Any
    job_id: Any
    preview: Any
    top_preview: Any
    text: Any
    bars: Any
    start: Any
    cancel: Any
    queue: Any
    stats: Any
    video_required: Any
    queue_buttons: Any
    confirm_row: Any
    refresh: Any
    resume: Any
    clear_ended: Any
    cancel_pending: Any
    queue_action: Any
    queue_trigger: Any
    confirm: Any
    keep: Any
    gallery: Any
    gallery_items: Any
    update_gallery: Any


def make_page(
    dialect: Dialect, loras: Sequence[str], folders: Folders, look: dict[str, Any]
) -> Page:
    """Lay the page out; nothing is connected yet. `look` goes to `gr.Blocks` as it is."""
    parts: dict[str, Any] = {}
    with gr.Blocks(title=TITLE, analytics_enabled=False, **look) as blocks:
        gr.HTML(_HEAD.replace("{version}", dialect.version))
        show = gr.HTML if dialect.queue_page else gr.Markdown
        parts["stats"] = show(stats_text(0, 0, 0))
        parts["form"] = form = make_form(dialect, loras)
        with gr.Tabs():
            with gr.Tab("Generate"):
                parts |= _generate_tab(form, dialect)
            with gr.Tab("Queue"):
                parts |= _queue_tab(dialect)
            with gr.Tab("Outputs"):
                parts["gallery"] = gr.Gallery(columns=4, allow_preview=False, object_fit="cover")
                parts["gallery_items"] = gr.State([])
                parts["update_gallery"] = gr.Button("🔄 Update Gallery")
            with gr.Tab("Settings"):
                _settings_tab(folders)
    return Page(blocks=blocks, **parts)


def stats_text(pending: int, running: int, completed: int) -> str:
    """The line above the page that counts jobs."""
    counts = f"Queue: {pending} | Running: {running} | Completed: {completed}"
    return f"<p style='margin:0;' class='toolbar-text'>{counts}</p>"


def _generate_tab(form: Form, dialect: Dialect) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    with gr.Row(visible=False):
        parts["top_preview"] = _picture("Next Latents (Top Display)")
    with gr.Row():
        with gr.Column(scale=2):
            form["model"].render()
            with gr.Row():
                form["start"].render()
                form["end"].render()
            with gr.Accordion("Video", open=False):
                _render(form, "video", "combine", "context")
            _render(form, "prompt", "negative", "seconds")
            with gr.Row():
                _render(form, "width", "height")
            with gr.Row():
                _render(form, "steps", "seed", "randomize")
            with gr.Accordion("LoRAs", open=False):
                form["loras"].render()
                form.lora_names.render()
                for weight in form.lora_weights:
                    weight.render()
            with gr.Accordion("More", open=False):
                _render(form, "end_strength", "blend", "latent", "window", "gs", "cfg", "rs")
                _render(form, "cache", "use_teacache", "magcache_threshold", "magcache_skips")
                _render(form, "magcache_retention", "teacache_steps", "teacache_threshold")
                _render(form, "motion", "clean_up")
        with gr.Column():
            parts["preview"] = _picture("Next Latents")
            parts["video"] = gr.Video(label="Finished Frames", autoplay=True, loop=True, height=320)
            parts["text"] = gr.Markdown("")
            parts["bars"] = gr.HTML("")
            parts["job_id"] = gr.Textbox(label=dialect.job_id_label, value="", interactive=True)
            add, cancel = dialect.buttons
            parts["start"] = gr.Button(add, variant="primary")
            parts["video_required"] = gr.Markdown("Input video required", visible=False)
            parts["cancel"] = gr.Button(cancel, visible=False)
    return parts


def _queue_tab(dialect: Dialect) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    with gr.Row() as parts["queue_buttons"]:
        parts["refresh"] = gr.Button("🔄 Refresh Queue")
        parts["resume"] = gr.Button("▶️ Resume Queue")
        parts["clear_ended"] = gr.Button("🧹 Clear Completed Jobs")
        parts["cancel_pending"] = gr.Button("❌ Cancel Queued Jobs", variant="stop")
    with gr.Row(visible=False) as parts["confirm_row"]:
        gr.Markdown("### Cancel all jobs that wait?")
        parts["confirm"] = gr.Button("❌ Yes, Cancel All", variant="stop")
        parts["keep"] = gr.Button("↩️ No, Go Back")
    if dialect.queue_page:
        parts["queue"] = gr.HTML(queue_page([]), label="Job Queue")
    else:
        kinds = ["html" if column == "Preview" else "str" for column in dialect.columns]
        parts["queue"] = gr.DataFrame(
            headers=list(dialect.columns), datatype=kinds, label="Job Queue"
        )
    parts["queue_action"] = gr.Textbox(visible=False)
    parts["queue_trigger"] = gr.Button(visible=False)
    return parts


def _settings_tab(folders: Folders) -> None:
    for label, folder in (
        ("Output Directory", folders.outputs),
        ("Metadata Directory", folders.metadata),
        ("LoRA Directory", folders.loras),
        ("Gradio Temporary Directory", folders.temp),
    ):
        gr.Textbox(label=label, value=str(folder), interactive=False)


def _picture(label: str) -> Any:
    return gr.Image(label=label, height=150, type="numpy", image_mode="RGB", interactive=False)


def _render(form: Form, *names: str) -> None:
    """Place those of them that this version has."""
    for name in names:
        if name in form.fields:
            form[name].render()
