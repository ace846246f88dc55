"""Gradio imported in half the time: without its notes for editors.

At each import Gradio parses its own sources to write a `.pyi` file beside each component. A server
needs none, and the folder may not even be writable.
"""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_MODULE, _WRITES = "gradio.component_meta", "create_or_modify_pyi"


def import_gradio() -> None:
    """Import Gradio so, in this process. Where a version has no such step, nothing is different."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        import gradio  # noqa: F401
    finally:
        sys.meta_path.remove(finder)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Its usual place, with a loader that leaves the step out."""
        if name != _MODULE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, importlib.abc.Loader):
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, usual: importlib.abc.Loader) -> None:
        self._usual = usual

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._usual.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._usual.exec_module(module)
        if callable(getattr(module, _WRITES, None)):
            setattr(module, _WRITES, lambda *_args, **_more: None)
