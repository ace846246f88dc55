"""The built-in Studio's post-processing tab: labels, endpoints and order of values as in 0.5.1."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from . import toolbox_video as videos
from .compat import video_for

if TYPE_CHECKING:
    from .features import Context
    from .toolbox_video import Video

_SECONDS_A_PICTURE = 0.04  # at speed 1

# Name, native scale, what the page says of it.
MODELS = {
    "RealESRGAN_x2plus": (2.0, "General purpose. Faster than x4 models."),
    "RealESRGAN_x4plus": (4.0, "General purpose. Prioritizes sharpness & detail."),
    "RealESR-general-x4v3": (4.0, "Versatile. Has adjustable denoise strength."),
    "RealESRGAN_x4plus_anime_6B": (4.0, "Optimized for anime. (This Studio cannot load it.)"),
}
MISSING_MODEL = "RealESRGAN_x4plus_anime_6B"  # as where a server has no way to download one
_FILTERS = (
    ("brightness", "Brightness (%)", -100, 100, 0, 1),
    ("contrast", "Contrast (Linear)", 0, 3, 1, 0.05),
    ("saturation", "Saturation", 0, 3, 1, 0.05),
    ("temperature", "Color Temperature Adjust", -100, 100, 0, 1),
    ("sharpen", "Sharpen Strength", 0, 5, 0, 0.1),
    ("blur", "Blur Strength", 0, 5, 0, 0.1),
    ("denoise", "Denoise Strength", 0, 10, 0, 0.1),
    ("vignette", "Vignette Strength (%)", 0, 100, 0, 1),
    ("s_curve_contrast", "S-Curve Contrast", 0, 100, 0, 1),
    ("film_grain_strength", "Film Grain Strength", 0, 50, 0, 1),
)
_PROGRESS = gr.Progress()  # as a default value it tells Gradio to put one in
_STREAMING = "Use Streaming (Low Memory Mode)"


class ToolboxError(Exception):
    """What the tab's messages say where nothing came out."""


def add_toolbox(context: Context) -> None:
    """Lay the tab out and bind its endpoints."""
    toolbox = Toolbox(context.folders.outputs, _SECONDS_A_PICTURE / context.options.speed)
    with gr.Accordion("Post-processing", open=False):
        video = gr.Video(label="Upload Video for processing")
        shown = gr.Video(label="Processed Video", interactive=False)
        upscale, frames = _upscale_inputs(), _frames_inputs()
        filters = [
            gr.Slider(low, high, value=value, step=step, label=label)
            for _, label, low, high, value, step in _FILTERS
        ]
        loop = _loop_inputs()
        several = gr.File(
            label="Upload Videos to Join", file_count="multiple", file_types=["video", "file"]
        )
        joined_name = gr.Textbox(label="Output Video Name (optional, .mp4 and timestamp added)")
        export = _export_inputs()
        exported_name = gr.Textbox(label="Output Filename (optional)")
        tab = gr.Number(value=0, visible=False)
        steps = gr.CheckboxGroup(
            ["upscale", "frames", "filters", "loop", "export"], label="Pipeline Steps:", value=[]
        )
        batch = gr.File(label="Upload Multiple Videos for Batch Processing", file_count="multiple")
        messages = gr.Textbox(label="Console Messages", lines=4, interactive=False)
        pipeline = [tab, steps, video, batch, *upscale, *frames, *loop, *filters, *export]
        for label, endpoint, inputs in (
            ("🚀 Upscale Video", toolbox.tb_handle_upscale_video, [video, *upscale]),
            ("🚀 Process Frames", toolbox.tb_handle_process_frames, [video, *frames]),
            ("✨ Apply Filters to Video", toolbox.tb_handle_apply_filters, [video, *filters]),
            ("🔁 Create Loop", toolbox.tb_handle_create_loop, [video, *loop]),
            ("🤝 Join Videos", toolbox.tb_handle_join_videos, [several, joined_name]),
            ("🚀 Export Video", toolbox.tb_handle_export_video, [video, *export, exported_name]),
            ("🚀 Start Pipeline Processing", toolbox.tb_handle_start_pipeline, pipeline),
        ):
            gr.Button(label).click(endpoint, inputs, [shown, messages], api_name=endpoint.__name__)
        info = gr.Textbox(label="Selected Model Info", interactive=False)
        upscale[0].change(
            tb_get_model_info_and_update_scale_slider,
            [upscale[0]],
            [info, upscale[1], upscale[4]],
            api_name="tb_get_model_info_and_update_scale_slider",
        )


def _upscale_inputs() -> list[Any]:
    return [
        gr.Dropdown(choices=list(MODELS), value=next(iter(MODELS)), label="ESRGAN Model"),
        gr.Slider(1.0, 2.0, step=0.05, value=2.0, label="Target Upscale Factor (Native 2.0x)"),
        gr.Radio(
            [("None (Recommended)", 0), ("512px", 512), ("256px", 256)],
            value=0,
            label="Tile Size for Upscaling",
        ),
        gr.Checkbox(label="Enhance Faces (GFPGAN)", value=False),
        gr.Slider(
            0.0, 1.0, step=0.01, value=0.5, visible=False,
            label="Denoise Strength (for RealESR-general-x4v3)",
        ),
        gr.Checkbox(label=_STREAMING, value=False),
    ]  # fmt: skip


def _loop_inputs() -> list[Any]:
    return [
        gr.Radio(choices=["loop", "ping-pong"], value="loop", label="Loop Type"),
        gr.Slider(1, 10, step=1, value=1, label="Number of Loops/Repeats"),
    ]


def _export_inputs() -> list[Any]:
    return [
        gr.Radio(["MP4", "WebM", "GIF"], value="MP4", label="Output Format"),
        gr.Slider(0, 100, value=85, step=1, label="Quality"),
        gr.Slider(256, 2048, value=1024, step=64, label="Max Width (pixels)"),
    ]


def _frames_inputs() -> list[Any]:
    return [
        gr.Radio(
            ["No Interpolation", "2x Frames", "4x Frames"],
            value="No Interpolation",
            label="RIFE Frame Interpolation",
        ),
        gr.Slider(0.25, 4.0, step=0.05, value=1.0, label="Adjust Video Speed Factor"),
        gr.Checkbox(label=_STREAMING, value=False),
    ]


def tb_get_model_info_and_update_scale_slider(model: str) -> tuple[Any, Any, Any]:
    """What changes on the page with the model."""
    scale, about = MODELS.get(model, (2.0, "Info: Select a model."))
    label = f"Target Upscale Factor (Native {scale}x)"
    slider = gr.update(minimum=1.0, maximum=scale, step=0.1, value=scale, label=label)
    return about, slider, gr.update(visible=model == "RealESR-general-x4v3", value=0.5)


class Toolbox:
    """The tab's endpoints. Method names are the names of endpoints."""

    def __init__(self, outputs: Path, seconds_a_picture: float) -> None:
        self._folder = outputs / "postprocessed_output" / "saved_videos"
        self._pause = seconds_a_picture
        self._made = 0

    # Gradio puts in what it knows itself, at the places of its parameters: so these come first.

    def tb_handle_upscale_video(
        self, progress: Any = _PROGRESS, request: gr.Request | None = None, *values: Any
    ) -> tuple[Any, str]:
        video, model, factor, *_ = values
        return self._run(video, request, lambda v: self._upscale(v, model, factor, progress))

    def tb_handle_process_frames(
        self, progress: Any = _PROGRESS, request: gr.Request | None = None, *values: Any
    ) -> tuple[Any, str]:
        video, mode, speed, streaming = values
        speed = 1.0 if streaming else speed
        return self._run(video, request, lambda v: self._frames(v, mode, speed, progress))

    def tb_handle_apply_filters(
        self, progress: Any = _PROGRESS, request: gr.Request | None = None, *values: Any
    ) -> tuple[Any, str]:
        video, *rest = values
        return self._run(video, request, lambda v: self._filters(v, rest, progress))

    def tb_handle_create_loop(
        self, request: gr.Request | None = None, *values: Any
    ) -> tuple[Any, str]:
        video, kind, repeats = values
        return self._run(video, request, lambda v: videos.looped(v, kind, int(repeats)))

    def tb_handle_join_videos(
        self, request: gr.Request | None = None, *values: Any
    ) -> tuple[Any, str]:
        files, _ = values
        if not files or len(files) < 2:
            return None, "⚠️ Please select at least two videos to join."
        paths = [getattr(file, "name", file) for file in files]
        rest = [videos.read(path) for path in paths[1:]]
        return self._run(paths[0], request, lambda v: videos.joined([v, *rest]))

    def tb_handle_export_video(
        self, progress: Any = _PROGRESS, request: gr.Request | None = None, *values: Any
    ) -> tuple[Any, str]:
        video, kind, quality, width, _ = values
        crf = round(51 - 0.4 * quality)
        codec, end = ("libvpx-vp9", ".webm") if kind == "WebM" else ("libx264", ".mp4")
        narrow = self._narrower(width, progress)
        return self._run(video, request, narrow, codec=codec, end=end, crf=crf)

    def tb_handle_start_pipeline(
        self, progress: Any = _PROGRESS, request: gr.Request | None = None, *values: Any
    ) -> tuple[Any, str]:
        _, steps, video, _, *rest = values
        if not steps:
            return None, "⚠️ No operations selected for the pipeline."
        upscale, frames, loop = rest[0:6], rest[6:9], rest[9:11]
        filters, export = rest[11:21], rest[21:24]

        def work(found: Video) -> Video:
            if "upscale" in steps:
                found = self._upscale(found, upscale[0], upscale[1], progress)
            if "frames" in steps:
                found = self._frames(found, frames[0], frames[1], progress)
            if "filters" in steps:
                found = self._filters(found, filters, progress)
            if "loop" in steps:
                found = videos.looped(found, loop[0], int(loop[1]))
            return self._narrower(export[2], progress)(found) if "export" in steps else found

        return self._run(video, request, work)

    def _run(
        self,
        video: str | None,
        request: gr.Request | None,
        work: Callable[[Video], Video],
        *,
        codec: str = "libx264",
        end: str = ".mp4",
        crf: int = 16,
    ) -> tuple[Any, str]:
        """The new file and the messages; None and the reason where there is none."""
        if video is None:
            return None, "⚠️ No input video."
        self._folder.mkdir(parents=True, exist_ok=True)
        self._made += 1
        target = self._folder / f"{Path(video).stem[:40]}_{time.time_ns()}_{self._made}{end}"
        try:
            path = videos.write(work(videos.read(video)), target, codec=codec, crf=crf)
        except ToolboxError as error:
            return None, f"❌ {error}"
        return video_for(path, request), f"✅ Saved to: {path}"

    def _upscale(self, video: Video, model: str, factor: float, progress: Any) -> Video:
        if model == MISSING_MODEL:
            raise ToolboxError(f"Could not load ESRGAN model '{model}'. Aborting.")
        return videos.upscale(video, factor, self._tick(progress, "Upscaling"))

    def _frames(self, video: Video, mode: str, speed: float, progress: Any) -> Video:
        times = {"2x Frames": 2, "4x Frames": 4}.get(mode, 1)
        return videos.adjust_frames(video, times, speed, self._tick(progress, "Interpolating"))

    def _filters(self, video: Video, values: Any, progress: Any) -> Video:
        named = {name: float(value) for (name, *_), value in zip(_FILTERS, values, strict=True)}
        return videos.filtered(video, named, self._tick(progress, "Filtering"))

    def _narrower(self, width: float, progress: Any) -> Callable[[Video], Video]:
        tick = self._tick(progress, "Encoding")
        return lambda video: videos.narrowed(video, int(width), tick)

    def _tick(self, progress: Any, what: str) -> Callable[[int, int], None]:
        def tick(done: int, count: int) -> None:
            time.sleep(self._pause)
            progress((done, count), desc=what, unit="frames")

        return tick
