"""The public names of this package, as the documentation's reference has them.

Shared by the build of the site (docs_pages.py) and a test; needs no Sphinx.
"""

import dataclasses
import enum
import functools
import importlib
import inspect
import re

from traitlets import TraitType

import framepack_widgets as fp

LINK = re.compile(r"^[-*] \[[^\]]+\]\(([\w-]+)\.md\)", re.MULTILINE)
# What public methods and properties give back, and is not itself a public name.
GIVEN = tuple(
    f"framepack_widgets.{name}"
    for name in (
        *("problem.Report", "problem.Problem", "forecast.Forecast", "length.RenderPlan"),
        *("schema.Schema", "fields.Field", "studio.protocol.QueueRow"),
        *("continuing.ContinuedJob", "job.JobRecord", "images.ImageData"),
        *("library.deletion.Deletion", "library.sizes.LibrarySize", "library.studios.StudioRow"),
        "library.lora_uses.LoraUse",
        *("found_settings.Found", "studio_presets.StudioPresets", "adoption.results.Adopted"),
        "prompt_writer.PromptWriter",
        *("sweeps.point.Point", "sweeps.sweep_plan.SweepPlan", "sweeps.sweep_plan.PlannedRender"),
        *("sweeps.sweep_plan.Refused", "sweeps.sweep_plan.Reason", "runs.point.RunPoint"),
        *("sweeps.spec.Spec", "metrics.numbers.Metrics"),
        *("video.grid.GridVideo", "video.report.SweepReport", "video.report_point.ReportPoint"),
        *("toolbox.Toolbox", "toolbox_task.ToolboxTask", "toolbox_task.TaskProgress"),
    )
)


def listed(index):
    """The pages that the index links to, in its order."""
    return LINK.findall(index)


def public():
    """(heading, qualified names) of everything that is public, in the order of the page."""
    names = list(fp.__all__)
    errors = [name for name in names if _is_error(getattr(fp, name))]
    functions = [name for name in names if inspect.isfunction(getattr(fp, name))]
    widgets = [
        name
        for name in names
        if name not in errors + functions and ".widgets." in getattr(fp, name).__module__
    ]
    rest = [name for name in names if name not in errors + functions + widgets]
    return (
        ("Functions", [_place(getattr(fp, name)) for name in functions]),
        ("Studio, jobs, clips", [_place(getattr(fp, name)) for name in rest]),
        ("Widgets", [_place(getattr(fp, name)) for name in widgets]),
        ("What they give back", list(GIVEN)),
        ("Errors", [_place(getattr(fp, name)) for name in errors]),
    )


def _is_error(thing):
    return isinstance(thing, type) and issubclass(thing, Exception)


def _place(thing):
    return f"{thing.__module__}.{thing.__qualname__}"


def undocumented():
    """Public names, and their public methods, properties and traits, that have no docstring."""
    missing = []
    for _, places in public():
        for place in places:
            thing = _thing(place)
            missing += [] if (thing.__doc__ or "").strip() else [place]
            missing += [
                f"{place}.{name}"
                for name, member in _members(thing)
                if not isinstance(member, TraitType) and not (member.__doc__ or "").strip()
            ]
    return missing


def _thing(place):
    module, _, name = place.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _members(thing):
    """(name, what it is) of a class's public methods, properties and traits, bases' of ours too."""
    found = {}
    for base in thing.__mro__ if isinstance(thing, type) else ():
        if base.__module__.startswith("framepack_widgets"):
            for name, member in vars(base).items():
                inner = getattr(member, "__func__", member)  # of a class or static method
                kinds = (property, functools.cached_property, TraitType)
                if not name.startswith("_") and (
                    inspect.isfunction(inner) or isinstance(inner, kinds)
                ):
                    found.setdefault(name, inner)
    return list(found.items())


def _fields(thing):
    """Names of a dataclass's or named tuple's fields, or of an enumeration's values."""
    if dataclasses.is_dataclass(thing):
        return [field.name for field in dataclasses.fields(thing) if not field.name.startswith("_")]
    if hasattr(thing, "_field_defaults"):
        return list(thing._fields)
    return list(thing.__members__) if isinstance(thing, enum.EnumMeta) else []


def reference():
    """The page's part that is made of docstrings, for Sphinx. Raises ValueError where one lacks."""
    if missing := undocumented():
        raise ValueError("Public, but without a docstring: " + ", ".join(missing))
    parts = []
    for heading, places in public():
        parts.append(f"\n## {heading}\n")
        parts += [f"```{{eval-rst}}\n{_directive(place)}\n```\n" for place in places]
    return "\n".join(parts)


def _directive(place):
    thing = _thing(place)
    if not isinstance(thing, type):
        return f".. autofunction:: {place}"
    kind = "exception" if _is_error(thing) else "class"
    members = [*_fields(thing), *(name for name, _ in _members(thing))]
    lines = [f".. auto{kind}:: {place}"]
    if members:
        lines.append(f"   :members: {', '.join(members)}")
    return "\n".join(lines)
