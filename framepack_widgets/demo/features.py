"""What the built-in Studio's page offers beside rendering, each part in a module of its own.

A part is a function that lays out its components and binds its endpoints; it is called inside the
page, after everything else is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .folders import Folders
from .options import DemoOptions
from .page import Page
from .presets_part import add_presets
from .toolbox_part import add_toolbox
from .writer_part import add_writer


@dataclass(frozen=True)
class Context:
    """What a part may need."""

    page: Page
    folders: Folders
    options: DemoOptions


Feature = Callable[[Context], None]

FEATURES: tuple[Feature, ...] = (add_presets, add_toolbox, add_writer)


def add_features(context: Context) -> None:
    """Lay out every part below the page."""
    with context.page.blocks:
        for feature in FEATURES:
            feature(context)
