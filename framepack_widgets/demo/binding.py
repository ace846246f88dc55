"""Binds what a Studio's endpoints answer to the page's components, in one version's order.

An endpoint answers {part of the page: value}; which parts, and in which order, differs by version.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .compat import private
from .dialects import Dialect
from .page import Page

Endpoint = Callable[..., Any]


class Binding:
    """The page's components, and the order of outputs of one version."""

    def __init__(self, page: Page, dialect: Dialect) -> None:
        self._page = page
        self._outputs = dialect.outputs

    def endpoint(self, event: Any, endpoint: Endpoint, inputs: Sequence[Any] = ()) -> Any:
        """Bind it under its own name."""
        return self._bind(event, endpoint, inputs, {"api_name": endpoint.__name__})

    def numbered(self, event: Any, endpoint: Endpoint, number: int) -> Any:
        """Bind it under a name that says nothing, as a Studio does with what it wrote in place."""
        return self._bind(event, endpoint, (), {"api_name": f"lambda_{number}"})

    def privately(self, event: Any, endpoint: Endpoint) -> Any:
        """Bind it for the page alone."""
        return self._bind(event, endpoint, None, private(endpoint.__name__))

    def _bind(
        self, event: Any, endpoint: Endpoint, inputs: Sequence[Any] | None, how: dict[str, Any]
    ) -> Any:
        parts = self._outputs[endpoint.__name__]
        components = [self._component(part) for part in parts]
        wanted = None if inputs is None else list(inputs)
        return event(in_order(endpoint, parts), wanted, components, **how)

    def _component(self, part: str) -> Any:
        return self._page.form["seed"] if part == "seed" else getattr(self._page, part)


def in_order(endpoint: Endpoint, parts: tuple[str, ...]) -> Endpoint:
    """The endpoint with its answers as Gradio wants them: a tuple, or the one value."""

    def ordered(answer: Mapping[str, Any]) -> Any:
        values = tuple(answer[part] for part in parts)
        return values if len(values) > 1 else values[0]

    if inspect.isgeneratorfunction(endpoint):

        @functools.wraps(endpoint)
        def stream(*values: Any, **more: Any) -> Iterator[Any]:
            for answer in endpoint(*values, **more):
                yield ordered(answer)

        return stream

    @functools.wraps(endpoint)
    def answer_once(*values: Any, **more: Any) -> Any:
        return ordered(endpoint(*values, **more))

    return answer_once
