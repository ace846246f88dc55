"""The Studio's language models in the form: one edit, a way back, nothing typed is overwritten."""

from __future__ import annotations

import concurrent.futures
import threading
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from form_bench import BenchStudio
from library_tools import until

import framepack_widgets as fp
from framepack_widgets.errors import StudioRefused
from framepack_widgets.images import ImageData
from framepack_widgets.settings import Settings
from framepack_widgets.widgets.form import prompt_writing as says

IMAGE = ImageData.of(PIL.Image.new("RGB", (64, 48)))
OTHER = ImageData.of(PIL.Image.new("RGB", (64, 48), "red"))


class Writer:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.offers_enhancing = self.offers_describing = True
        self.asked: list[tuple[Any, concurrent.futures.Future[str]]] = []
        self.rendering = False

    def begin_enhancing(self, prompt: Any) -> concurrent.futures.Future[str]:
        self.asked.append((prompt, concurrent.futures.Future()))
        return self.asked[-1][1]

    begin_describing = begin_enhancing

    def is_rendering(self) -> bool:
        return self.rendering

    def answer(self, text: str | Exception) -> None:
        """From another thread, as it comes."""
        future = self.asked[-1][1]
        give = future.set_exception if isinstance(text, Exception) else future.set_result
        thread = threading.Thread(target=give, args=[text])
        thread.start()
        thread.join()


@pytest.fixture
def studio(tmp_path: Path) -> Any:
    bench: Any = BenchStudio(tmp_path)
    bench.writer = Writer()
    return bench


@pytest.fixture
def form(studio: Any) -> fp.Form:
    return fp.Form(studio, Settings(prompt="a cat", start_frame=IMAGE))


def press(form: fp.Form, what: str) -> None:
    editor = form.controls["prompt"]
    editor._handle_page(editor, {"kind": "writer", "what": what}, [])
    assert editor.trouble == ""


def typed(form: fp.Form, text: str, **more: Any) -> None:
    message = {"kind": "edit", "view": "v", "n": 1, "text": text, "drafts": [], **more}
    form.controls["prompt"]._handle_page(None, message, [])


def shown(form: fp.Form) -> dict[str, Any]:
    return form.controls["prompt"].writer


def answered(form: fp.Form, studio: Any, text: str | Exception) -> None:
    studio.writer.answer(text)
    until(lambda: not shown(form)["asking"])


def test_improving_is_one_edit_and_back_is_exact(form: fp.Form, studio: Any) -> None:
    form.settings = form.settings.replace(prompt=" a cat\r\n")
    seen: list[str | None] = []
    form.observe(lambda change: seen.append(change["new"].prompt), "settings")
    press(form, "enhance")
    assert shown(form)["asking"] == "enhance"
    assert studio.writer.asked[0][0] == " a cat\r\n"
    press(form, "enhance")  # twice is once
    assert len(studio.writer.asked) == 1
    answered(form, studio, "a grey cat")
    assert (form.settings.prompt, shown(form)["held"]) == ("a grey cat", "old")
    press(form, "swap")
    assert form.settings.prompt == " a cat\r\n"
    assert (shown(form)["held"], shown(form)["text"]) == ("answer", "a grey cat")
    press(form, "swap")
    assert seen == ["a grey cat", " a cat\r\n", "a grey cat"]


def test_what_was_changed_meanwhile_is_left_alone(form: fp.Form, studio: Any) -> None:
    press(form, "enhance")
    typed(form, "a dog")
    answered(form, studio, "a grey cat")
    assert form.settings.prompt == "a dog"
    assert (shown(form)["said"], shown(form)["text"]) == (says.CHANGED, "a grey cat")
    press(form, "swap")
    assert form.settings.prompt == "a grey cat"
    press(form, "swap")
    assert form.settings.prompt == "a dog"
    press(form, "dismiss")
    assert shown(form)["held"] == ""


def test_an_answer_that_is_typed_over_unseen_is_kept(form: fp.Form, studio: Any) -> None:
    """The edit was on its way when the Studio's text replaced the prompt."""
    seen = form.controls["prompt"].state["set_count"]
    press(form, "enhance")
    answered(form, studio, "a grey cat")
    typed(form, "a cat sits", seen=seen)
    assert form.settings.prompt == "a cat sits"
    assert (shown(form)["said"], shown(form)["text"]) == (says.TYPED_OVER, "a grey cat")


def test_edits_of_the_new_text_keep_the_way_back(form: fp.Form, studio: Any) -> None:
    press(form, "enhance")
    answered(form, studio, "a grey cat")
    typed(form, "a grey dog", seen=form.controls["prompt"].state["set_count"])
    assert shown(form)["held"] == "old"
    press(form, "swap")
    assert (form.settings.prompt, shown(form)["text"]) == ("a cat", "a grey dog")


def test_other_settings_take_the_way_back_with_them(form: fp.Form, studio: Any) -> None:
    press(form, "enhance")
    answered(form, studio, "a grey cat")
    form.settings = form.settings.replace(prompt="anime, a grey cat")
    assert shown(form)["held"] == "old", "a LoRA's word was added"
    form.settings = form.settings.replace(prompt="a ship")
    assert shown(form)["held"] == ""


def test_the_start_frame_is_described(form: fp.Form, studio: Any) -> None:
    press(form, "describe")
    assert studio.writer.asked[0][0] == IMAGE
    answered(form, studio, "a black scene")
    assert form.settings.prompt == "a black scene"
    press(form, "describe")
    form.settings = form.settings.replace(start_frame=OTHER)
    answered(form, studio, "a red scene")
    assert form.settings.prompt == "a black scene"
    assert (shown(form)["said"], shown(form)["text"]) == (says.OTHER_FRAME, "a red scene")
    form.settings = form.settings.replace(start_frame=None)
    assert shown(form)["why_not"] == says.NO_FRAME
    press(form, "describe")
    assert len(studio.writer.asked) == 2


def test_errors_and_stops_change_nothing(form: fp.Form, studio: Any) -> None:
    press(form, "enhance")
    answered(form, studio, StudioRefused("The Studio gave no text back: <b>"))
    assert shown(form)["error"] == "The Studio gave no text back: <b>"
    press(form, "enhance")
    assert shown(form)["error"] == ""
    press(form, "stop")
    assert studio.writer.asked[-1][1].cancelled()
    assert (shown(form)["asking"], shown(form)["said"]) == ("", says.STOPPED)
    assert form.settings.prompt == "a cat"


def test_a_render_that_runs_is_told(form: fp.Form, studio: Any) -> None:
    studio.writer.rendering = True
    press(form, "enhance")
    until(lambda: shown(form)["note"] == says.BUSY)
    answered(form, studio, "a grey cat")
    assert shown(form)["note"] == ""


@pytest.mark.parametrize("how", ["another server", "closed"])
def test_nothing_is_written_into_another_form(
    form: fp.Form, studio: Any, how: str, tmp_path: Path
) -> None:
    press(form, "enhance")
    future = studio.writer.asked[0][1]
    future.set_running_or_notify_cancel()  # too late to be cancelled
    if how == "closed":
        form.close()
    else:
        form.studio = BenchStudio(tmp_path)
        assert shown(form) == {}, "that one has none of it"
    done = threading.Event()
    future.add_done_callback(lambda _: says.in_background(done.set))
    studio.writer.answer("a grey cat")
    assert done.wait(10)
    assert form.settings.prompt == "a cat"


def test_only_what_there_is_is_offered(studio: Any) -> None:
    studio.writer.offers_describing = False
    form = fp.Form(studio, Settings(prompt="a cat", start_frame=IMAGE))
    assert (shown(form)["enhance"], shown(form)["describe"]) == (True, False)
    press(form, "describe")
    assert not studio.writer.asked
    studio.writer.offers_enhancing = False
    assert shown(fp.Form(studio)) == {}
