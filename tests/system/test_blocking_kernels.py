"""While a cell blocks, widgets' messages are handled; everything else waits, in its order.

Real kernels of the ipykernel versions whose insides differ, driven message by message.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from driven_kernel import DrivenKernel

from framepack_widgets.demo.process import DemoProcess

VERSIONS = (
    "this",
    *(
        pytest.param(version, marks=pytest.mark.slow)
        for version in ("6.29.5", "6.31.0", "7.0.1", "7.3.0")
    ),
)


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def kernels(
    version: str, ipykernel_folder: Callable[[str], Path]
) -> Iterator[Callable[[], DrivenKernel]]:
    made: list[DrivenKernel] = []

    def make() -> DrivenKernel:
        folder = None if version == "this" else ipykernel_folder(version)
        made.append(DrivenKernel(folder))
        assert version in ("this", made[-1].version)
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture(scope="module")
def shared(kernels: Callable[[], DrivenKernel]) -> DrivenKernel:
    return kernels()


@pytest.fixture
def kernel(shared: DrivenKernel) -> DrivenKernel:
    shared.run("seen.clear(); after.clear()")
    return shared


def test_a_click_is_handled_during_the_wait_and_the_next_cell_runs_after_it(
    kernel: DrivenKernel,
) -> None:
    cell = kernel.block("block(); print(seen)")
    following = kernel.send("print('next', seen)")
    kernel.comm(1)
    kernel.comm(2, "future.set_result(None)")
    assert kernel.over(cell)["status"] == "ok"
    assert "[1, 2]" in kernel.printed(cell)
    assert kernel.over(following)["status"] == "ok"
    assert "next [1, 2]" in kernel.printed(following)


def test_nothing_is_lost_doubled_or_in_another_order(kernel: DrivenKernel) -> None:
    cell = kernel.block("block(); after.append('cell')")
    waiting = []
    for n in range(40):
        kernel.comm(n)
        if n % 4 == 0:
            waiting.append(kernel.send(f"after.append({n})"))
    asked = kernel.client.complete("pri")
    kernel.comm(40, "future.set_result(None)")
    kernel.comm(41)
    kernel.over(cell)
    for each in waiting:
        kernel.over(each)
    kernel.until(lambda: kernel.reply(asked))
    assert "print" in (kernel.reply(asked) or {})["matches"]
    assert kernel.run("print(seen == list(range(42)))") == "True"
    assert kernel.run("print(after)") == str(["cell", *range(0, 40, 4)])


def test_the_page_hears_busy_and_idle_for_each_and_busy_for_the_cell(kernel: DrivenKernel) -> None:
    """A page sends a widget's next change only after the last one's idle."""
    cell = kernel.block()
    click = kernel.comm(1)
    kernel.until(lambda: kernel.statuses(click) == ["busy", "idle"])
    kernel.until(lambda: kernel.statuses(cell)[-1] == "busy")
    assert "idle" not in kernel.statuses(cell)
    kernel.comm(2, "future.set_result(None)")
    kernel.over(cell)
    assert kernel.statuses(cell)[-1] == "idle"


def test_what_a_handler_prints_is_the_message_s_and_what_follows_the_cell_s(
    kernel: DrivenKernel,
) -> None:
    cell = kernel.block("block(); print('of the cell')")
    click = kernel.comm(1, "print('of the click'); future.set_result(None)")
    kernel.over(cell)
    kernel.until(lambda: "of the click" in kernel.printed(click))
    assert "of the click" not in kernel.printed(cell)
    assert "of the cell" in kernel.printed(cell)


def test_an_error_in_a_handler_ends_nothing(kernel: DrivenKernel) -> None:
    cell = kernel.block()
    kernel.comm(1, "raise ValueError('broken')")
    kernel.comm(2, "future.set_result(None)")
    assert kernel.over(cell)["status"] == "ok"
    assert kernel.run("print(seen)") == "[1, 2]"


def test_a_handler_that_waits_itself(kernel: DrivenKernel) -> None:
    cell = kernel.block("block(); print('outer', seen)")
    kernel.comm(1, "inner = Future(); _loop.wait(inner, 30); seen.append('inner over')")
    kernel.comm(2)
    following = kernel.send("print('next')")
    kernel.comm(3, "inner.set_result(None); seen.append('told')")
    kernel.comm(4, "future.set_result(None)")
    kernel.over(cell)
    kernel.over(following)
    assert kernel.run("print(seen)") == "[1, 2, 3, 'told', 'inner over', 4]"


def test_two_waits_one_after_another_and_messages_between(kernel: DrivenKernel) -> None:
    cell = kernel.block("block(); time.sleep(0.3); block()")
    kernel.comm(1, "future.set_result(None)")
    kernel.comm(2)
    kernel.until(lambda: kernel.printed(cell).count("blocked") == 2)
    kernel.comm(3, "future.set_result(None)")
    kernel.over(cell)
    assert kernel.run("print(seen)") == "[1, 2, 3]"


def test_comms_are_opened_and_closed_during_the_wait(kernel: DrivenKernel) -> None:
    cell = kernel.block()
    kernel.comm("close")
    kernel.comm("open")
    kernel.comm(1, "future.set_result(None)")
    kernel.over(cell)
    assert kernel.run("print(seen)") == "['close', 'open', 1]"


@pytest.mark.parametrize("kind", ["plain", "await"])
def test_an_interrupt_ends_the_wait(kernel: DrivenKernel, kind: str) -> None:
    """Also where the cell awaits: there an interrupt reaches the event loop only."""
    before = "import asyncio; await asyncio.sleep(0)\n" if kind == "await" else ""
    cell = kernel.block(f"{before}block()")
    click = kernel.comm(1)
    # The wait has begun: before it, an interrupt of a cell that awaits is ipykernel's own affair.
    kernel.until(lambda: kernel.statuses(click) == ["busy", "idle"])
    following = kernel.send("print('next')", stop_on_error=False)
    since = time.monotonic()
    kernel.manager.interrupt_kernel()
    reply = kernel.over(cell)
    assert time.monotonic() - since < 5, "not at the end of the wait, 30 s"
    assert reply["ename"] == "KeyboardInterrupt"
    assert kernel.over(following)["status"] == "aborted", "as after any cell that failed"
    assert kernel.run("print(seen, future.done())") == "[1] False"


def test_an_interrupt_ends_the_wait_where_clicks_cannot_be_handled(kernel: DrivenKernel) -> None:
    kernel.run(
        "usual = _loop._pump.Pump.run\n"
        "def broken(*_): after.append('broken'); print('broken', flush=True); raise ValueError\n"
        "_loop._pump.Pump.run = broken"
    )
    cell = kernel.block("import asyncio; await asyncio.sleep(0)\nblock()")
    kernel.until(lambda: "broken" in kernel.printed(cell))
    since = time.monotonic()
    kernel.manager.interrupt_kernel()
    reply = kernel.over(cell)
    assert time.monotonic() - since < 5, "not at the end of the wait, 30 s"
    assert reply["ename"] == "KeyboardInterrupt"
    assert kernel.run("_loop._pump.Pump.run = usual; print(after)") == "['broken']"


def test_an_interrupt_ends_a_handler_that_waits_and_the_cell(kernel: DrivenKernel) -> None:
    cell = kernel.block()
    kernel.comm(1, "inner = Future(); seen.append('in'); print('in'); _loop.wait(inner, 30)")
    click = kernel.comm(2, "print('nested')")
    kernel.until(lambda: "nested" in kernel.printed(click))
    kernel.manager.interrupt_kernel()
    assert kernel.over(cell)["ename"] == "KeyboardInterrupt"
    assert kernel.run("print(seen)") == "[1, 'in', 2]"


def test_a_message_that_was_read_before_the_wait_is_not_overtaken(kernel: DrivenKernel) -> None:
    code = "import asyncio; print('awaits'); await asyncio.sleep(0.5); block(0.5)"
    cell = kernel.send(f"try:\n    {code}\nexcept TimeoutError: print(seen)")
    kernel.until(lambda: "awaits" in kernel.printed(cell))
    kernel.comm(1)
    kernel.until(lambda: "blocked" in kernel.printed(cell))
    kernel.comm(2)
    kernel.over(cell)
    assert kernel.run("print(seen)") == "[1, 2]"


def test_a_message_that_is_just_over_does_not_count_as_waiting(kernel: DrivenKernel) -> None:
    """The cell begins in the moment between its handling and the kernel's putting it away."""
    for n in (1, 2, 3):
        kernel.comm(n, "time.sleep(0.2)")
    cell = kernel.block("block(20); print(seen)")
    kernel.comm(4, "future.set_result(None)")
    assert kernel.over(cell)["status"] == "ok"
    assert "[1, 2, 3, 4]" in kernel.printed(cell)


def test_a_wait_outside_a_cell_leaves_the_messages_to_the_kernel(kernel: DrivenKernel) -> None:
    kernel.run(
        "asyncio.get_event_loop().call_later(0.2, lambda: after.append(_wait()))\n"
        "def _wait():\n    return len(seen), _loop.run(asyncio.sleep(0.3)), len(seen)"
    )
    kernel.comm(1)
    kernel.until(lambda: kernel.run("print(len(after))") == "1")
    assert kernel.run("print(seen)") == "[1]"


WAYS = {
    "result": "job.result()",
    "for": "for progress in job:\n    pass",
    "idle": "studio.run_until_idle()",
}


def test_every_way_to_wait_for_a_job_handles_a_click_on_cancel(
    demo_server: Callable[..., DemoProcess], tmp_path: Path
) -> None:
    kernel, demo = DrivenKernel(None), demo_server(speed=5)
    connect = f"fp.connect({demo.url!r}, library={str(tmp_path / 'library')!r})"
    try:
        kernel.run(f"import framepack_widgets as fp; studio = {connect}")
        for way in WAYS.values():
            kernel.run("job = studio.submit(model='Original', prompt='x', seconds=60, seed=1)")
            cell = kernel.block(f"print('blocked', flush=True)\n{way}")
            kernel.comm(1, "job.cancel()")
            kernel.until(lambda cell=cell: kernel.reply(cell))
            assert kernel.run("print(job.state)") == "cancelled"
        kernel.run("studio.close()")
    finally:
        kernel.stop()


def test_shutting_down_during_the_wait(kernels: Callable[[], DrivenKernel]) -> None:
    kernel = kernels()
    kernel.block()
    since = time.monotonic()
    kernel.manager.shutdown_kernel()
    assert time.monotonic() - since < 4.5, "by itself: the manager kills after 5 s"
