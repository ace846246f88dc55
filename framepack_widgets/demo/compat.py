"""Makes newer Gradio answer like the one a Studio runs on (5.25).

Gradio 6 refuses slider values out of range and sends a video as a bare file, where a Studio takes
any value and sends `{"video": <file>, "subtitles": ...}`. Its own page, though, speaks its own way.
Gradio makes components anew, by their class, when their properties change, so the classes are
changed, and only in the server's process. Subclasses will not do: Gradio writes a file beside the
source of each.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.data_classes import FileData, GradioModel
from pydantic import model_validator

IS_NEWER = int(gr.__version__.split(".")[0]) >= 6


class VideoData(GradioModel):  # type: ignore[misc]  # gradio is untyped here
    """A video as a Studio sends and receives it; the newer page's bare file is taken, too."""

    video: FileData
    subtitles: FileData | None = None

    @model_validator(mode="before")
    @classmethod
    def _wrap_bare_file(cls, data: Any) -> Any:
        return {"video": data} if isinstance(data, dict) and "video" not in data else data


class ClientVideo(str):
    """Path of a video that goes to a client, not to the newer Gradio's own page."""


def private(name: str) -> dict[str, Any]:
    """Keywords of an event that is no endpoint: only the page uses it."""
    if IS_NEWER:
        return {"api_visibility": "private", "api_name": f"page_{name}"}
    return {"api_name": False}


def video_for(path: str | None, request: gr.Request | None) -> str | None:
    """A video as an output, in the form that whoever made this request expects."""
    is_page = request is not None and request.headers.get("x-gradio-user") == "app"
    return path if path is None or is_page else ClientVideo(path)


def behave_like_a_studio() -> None:
    """Change the component classes of a newer Gradio, in this process."""
    if not IS_NEWER or gr.Video.data_model is VideoData:
        return
    receive, send = gr.Video.preprocess, gr.Video.postprocess

    def preprocess_video(self: gr.Video, payload: VideoData | None) -> str | None:
        path: str | None = receive(self, None if payload is None else payload.video)
        return path

    def postprocess_video(self: gr.Video, value: str | None) -> Any:
        file = send(self, value)
        return VideoData(video=file) if isinstance(value, ClientVideo) else file

    def preprocess_slider(_: gr.Slider, payload: Any) -> Any:
        return payload

    gr.Video.data_model = VideoData
    gr.Video.preprocess = preprocess_video
    gr.Video.postprocess = postprocess_video
    gr.Slider.preprocess = preprocess_slider
