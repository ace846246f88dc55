"""What a page tells our widgets goes where the page has sent it, whoever spoke to it last."""

from __future__ import annotations

from typing import Any

import ipywidgets
import pytest

from framepack_widgets.widgets.app.connection_bar import ConnectionBar
from framepack_widgets.widgets.frames.frame_picker import FramePicker
from framepack_widgets.widgets.page_order import heard_in_order


class Comm:
    """As of ipykernel 7.4."""

    def __init__(self) -> None:
        self.comm_id = "one"

    def _reply_subshell_for(self, data: Any, default: str | None) -> str | None:
        return "of another thread"

    def on_msg(self, _callback: object) -> None: ...

    def send(self, **_message: object) -> None: ...

    def close(self, **_message: object) -> None: ...


@pytest.fixture
def comms(monkeypatch: pytest.MonkeyPatch) -> list[Comm]:
    made: list[Comm] = []

    def create(**_: object) -> Comm:
        made.append(Comm())
        return made[-1]

    monkeypatch.setattr("ipywidgets.widgets.widget.comm.create_comm", create)
    return made


def goes_to(comm: Comm) -> str | None:
    return comm._reply_subshell_for({"method": "custom"}, "as sent")


def test_our_page_widgets(comms: list[Comm]) -> None:
    bar = ConnectionBar(print, print, print)
    assert goes_to(bar.comm) == "as sent"


def test_what_lies_in_a_picker(comms: list[Comm]) -> None:
    picker = FramePicker(kind="image", label="Start frame")
    used = [w for w in everything_in(picker) if isinstance(w, (ipywidgets.Button, ipywidgets.Text))]
    assert len(used) == 3
    assert {goes_to(widget.comm) for widget in used} == {"as sent"}


def everything_in(widget: Any) -> list[Any]:
    return [widget, *(w for child in getattr(widget, "children", ()) for w in everything_in(child))]


def test_where_there_is_nothing_to_do(comms: list[Comm]) -> None:
    plain = ipywidgets.Text()
    assert goes_to(plain.comm) == "of another thread"
    plain.comm = None
    heard_in_order(plain)
