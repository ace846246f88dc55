"""Gradio imported and a page served in half the time, by leaving out what is not used.

- At each import Gradio parses its own sources to write a `.pyi` file beside each component. A
  server needs none, and the folder may not even be writable.
- Each `with blocks:` and `queue()` makes a web application; `launch` makes the one that serves.
- While a million objects are made that all stay, Python looks again and again which could go.
"""

from __future__ import annotations

import gc
import importlib.abc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


@contextmanager
def building() -> Iterator[None]:
    """While a page is made, before it is launched; after `import_gradio`."""
    from gradio.routes import App

    usual = App.create_app
    App.create_app = staticmethod(lambda *_args, **_more: None)
    try:
        yield
    finally:
        App.create_app = staticmethod(usual)


@contextmanager
def all_of_it_stays() -> Iterator[None]:
    """What is made in here is not looked through for what could go, now or later."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


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
