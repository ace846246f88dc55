"""Of a test that failed: what its pages showed, and what their server wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_BUILD = Path(__file__).resolve().parents[2] / "build" / "browser"
FAILED: pytest.StashKey[bool] = pytest.StashKey()
_opened: pytest.StashKey[list[tuple[Any, list[str], Callable[[], str]]]] = pytest.StashKey()


def remember(
    request: pytest.FixtureRequest, page: Any, console: list[str], log: Callable[[], str]
) -> None:
    """log: gives what the page's server has written so far."""
    request.node.stash.setdefault(_opened, []).append((page, console, log))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Attach what the pages of a failed test show."""
    report = yield
    if report.when in ("setup", "call") and report.failed:
        item.stash[FAILED] = True
        for number, (page, console, log) in enumerate(item.stash.get(_opened, [])):
            report.sections.append(("the page's console", "\n".join(console[-40:]) or "(nothing)"))
            report.sections.append(("the page", _picture(item, number, page)))
            report.sections.append(("the server", log()[-3000:] or "(nothing)"))
    return report


def _picture(item: pytest.Item, number: int, page: Any) -> str:
    name = re.sub(r"[^\w.-]+", "-", item.nodeid.split("tests/browser/")[-1])
    target = _BUILD / f"{name}-{number}.png"
    if page.is_closed():
        return "closed"
    try:
        page.screenshot(path=target, timeout=10_000)
    except (Exception, pytest.fail.Exception) as error:  # the test's own failure matters more
        return f"no picture: {error}"
    return f"{page.url.split('?')[0]}\npicture: {target}"
