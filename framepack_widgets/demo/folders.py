"""The folders of a Studio: outputs and sidecars are served, `queue.json` beside them is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """Where one server keeps its files."""

    root: Path
    outputs: Path
    """Videos, and by default sidecars."""
    metadata: Path
    loras: Path
    temp: Path
    """Gradio's copies of everything that was sent or received."""
    inputs: Path
    """Videos that were given as input."""

    @classmethod
    def under(cls, root: Path) -> Folders:
        """The folders under `root`, made where they are missing."""
        root = root.resolve()
        outputs = root / "outputs"
        folders = cls(root, outputs, outputs, root / "loras", root / "temp", root / "input_files")
        for folder in (outputs, folders.loras, folders.temp, folders.inputs):
            folder.mkdir(parents=True, exist_ok=True)
        return folders
