"""What all page widgets share: what the page is told when several threads change a widget."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import traitlets
from library_tools import until

from framepack_widgets import _loop
from framepack_widgets.errors import FramePackError
from framepack_widgets.widgets import in_turn
from framepack_widgets.widgets.in_turn import InTurn
from framepack_widgets.widgets.page import PageWidget


class Line(PageWidget):
    text = traitlets.Unicode("").tag(sync=True)
    number = traitlets.Int(0).tag(sync=True)


@pytest.fixture
def told(monkeypatch) -> list[dict[str, Any]]:
    """The states that the page was sent, in their order."""
    states: list[dict[str, Any]] = []
    monkeypatch.setattr(
        PageWidget, "_send", lambda _, message, buffers=None: states.append(message["state"])
    )
    return states


def test_what_was_read_first_is_not_sent_last(told, monkeypatch) -> None:
    line, read, go_on = Line(), threading.Event(), threading.Event()
    told.clear()
    as_it_is = Line.get_state

    def slowly(widget: Line, key: Any = None, **options: Any) -> dict[str, Any]:
        state: dict[str, Any] = as_it_is(widget, key, **options)
        if state.get("text") == "connecting":
            read.set()
            go_on.wait(10)
        return state

    monkeypatch.setattr(Line, "get_state", slowly)
    first = threading.Thread(target=setattr, args=(line, "text", "connecting"))
    first.start()
    assert read.wait(10)
    second = threading.Thread(target=setattr, args=(line, "text", "connected"))
    second.start()
    second.join(0.2)  # it has sent, or waits for its turn
    go_on.set()
    first.join(10)
    second.join(10)
    assert [state["text"] for state in told] == ["connecting", "connected"]


def test_changes_are_held_and_sent_as_one(told) -> None:
    line = Line()
    told.clear()
    with line.hold_sync():
        line.text = "a"
        with line.hold_sync():
            line.number = 1
        assert told == []
    assert told == [{"text": "a", "number": 1}]


def test_no_change_is_lost_where_another_thread_holds_its_own(told) -> None:
    line, noting, go_on = Line(), threading.Event(), threading.Event()

    class Noted(set[str]):
        def add(self, name: str) -> None:
            noting.set()
            go_on.wait(10)
            super().add(name)

    line._trait_values["_states_to_send"] = Noted()
    told.clear()
    end = threading.Event()

    def hold() -> None:
        with line.hold_sync():
            holds.set()
            end.wait(10)

    holds = threading.Event()
    holding = threading.Thread(target=hold)
    holding.start()
    assert holds.wait(10)
    changing = threading.Thread(target=setattr, args=(line, "text", "done"))
    changing.start()
    assert noting.wait(10)
    end.set()
    holding.join(0.2)  # it has sent what it knew of, or waits for the other
    go_on.set()
    for thread in (holding, changing):
        thread.join(10)
    assert told == [{"text": "done"}]


def test_what_changes_while_a_page_asks_for_everything_is_told_once_more(told, monkeypatch) -> None:
    monkeypatch.setattr(Line, "_again_s", (0.05,))
    line = Line(text="connecting", number=1)
    answer = line.get_state()  # on its way to the page
    line.text = "connected"
    line.set_state({"number": 2})  # typed in the page, which has it
    told.clear()
    until(lambda: told)
    assert answer["text"] == "connecting"
    assert told == [{"text": "connected"}], "after the answer"


def test_what_a_widget_tells_by_itself_is_told_once(told, monkeypatch) -> None:
    looks: list[object] = []
    monkeypatch.setattr(Line, "_look_later", lambda _, then: looks.append(then))
    line = Line(text="connected")
    line.send_state()
    _loop.run(asyncio.sleep(0))
    assert looks == []
    line.get_state()
    _loop.run(asyncio.sleep(0))
    assert len(looks) == 1


class Stars(PageWidget):
    """Keeps what was clicked last; the first time the disk is slow."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[int] = []
        self.asked = threading.Event()
        self.disk = threading.Event()

    def _on_rate(self, message: dict[str, Any], _: object) -> None:
        self._later(self._keep, message["stars"])

    def _on_data(self, _: object, __: object) -> None:
        self._aside(self.asked.set)

    def _keep(self, stars: int) -> None:
        if not self.kept:
            self.disk.wait(10)
        if stars < 0:
            raise FramePackError("stars are 0 to 5")
        self.kept.append(stars)


def test_clicks_are_worked_off_in_their_order_and_data_does_not_wait_for_them() -> None:
    widget = Stars()
    for stars in (*range(50), -1, 5):
        widget._handle_page(widget, {"kind": "rate", "stars": stars}, [])
    widget._handle_page(widget, {"kind": "data"}, [])
    assert widget.asked.wait(10)
    assert widget.kept == []
    widget.disk.set()
    until(lambda: widget.kept[-1:] == [5])
    assert widget.kept == [*range(50), 5]
    assert widget.trouble == "stars are 0 to 5", "what goes wrong stops nothing"


def test_widgets_do_not_wait_for_each_other() -> None:
    held, free = [Stars() for _ in range(3)], Stars()
    for widget in (*held, free):
        for stars in (1, 2):
            widget._handle_page(widget, {"kind": "rate", "stars": stars}, [])
    free.disk.set()
    until(lambda: free.kept == [1, 2])
    for widget in held:
        widget.disk.set()
        until(lambda widget=widget: widget.kept == [1, 2])


def test_a_process_that_ends_is_not_disturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ticker's next look comes from the loop, which would log what it raises."""
    ended = ThreadPoolExecutor(1)
    ended.shutdown()
    monkeypatch.setattr(in_turn, "_workers", ended)
    in_turn.in_background(pytest.fail, "called")
    InTurn().later(lambda: pytest.fail("called"))
