"""What the server already has is not sent again, unless it was swept there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from framepack_widgets.errors import SettingsError
from framepack_widgets.images import ImageData
from framepack_widgets.studio.uploads import Uploads

PICTURE = ImageData.of(np.zeros((2, 2, 3), np.uint8))


class Line:
    """A server with a temporary folder that anybody can clear."""

    root = "http://studio"

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.sent: list[str] = []

    async def upload(self, name: str, content: Any) -> str:
        self.sent.append(name)
        path = f"/tmp/gradio/{len(self.sent)}/{name}"
        self.files.add(path)
        return path

    @asynccontextmanager
    async def open_file(
        self, path: str, headers: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        yield httpx.Response(206 if path in self.files else 404, content=b"\x89P")


def sent(uploads: Uploads, source: Any) -> str:
    reference: dict[str, Any] = asyncio.run(uploads.send(source))
    return str(reference["path"])


@pytest.mark.parametrize("kind", ["picture", "file"])
def test_sent_once_while_it_is_there(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "cat.png"
    file.write_bytes(PICTURE.png)
    source: Any = file if kind == "file" else PICTURE
    line: Any = Line()
    uploads = Uploads(line)
    first = sent(uploads, source)
    assert sent(uploads, source) == first
    line.files.clear()  # "Clear temporary files" on the Studio's page
    again = sent(uploads, source)
    assert again in line.files
    assert again != first
    assert sent(uploads, source) == again
    assert len(line.sent) == 2


def test_a_file_that_is_gone_here_is_named(tmp_path: Path) -> None:
    line: Any = Line()
    with pytest.raises(SettingsError, match=r"no\.png cannot be read: No such file"):
        sent(Uploads(line), tmp_path / "no.png")
