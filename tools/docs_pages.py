"""What the documentation's pages need besides Sphinx: an extension for docs/conf.py.

The pages are plain Markdown, readable where they lie. On their way to Sphinx

- every ```python block of a page becomes a cell that runs, with the built-in Studio (quick), in an
  empty folder with the notebooks' images; what it shows is put below it, an error ends the build;
- a page's list of links is its table of contents, too;
- reference.md gets the public names with their docstrings. One without a docstring ends the build.
"""

import ast
import inspect
import os
import re
from pathlib import Path

from sphinx.errors import ExtensionError
from sphinx.pycode import ModuleAnalyzer

import docs_reference
from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import start

SPEED = 30  # times as quick as the usual built-in Studio
LORAS = ("camera-orbit", "film-grain", "slow-motion")
ROOT = Path(__file__).resolve().parent.parent
RUNS = re.compile(r"^```python$", re.MULTILINE)
HEAD = """---
file_format: mystnb
kernelspec:
  name: python3
---
"""
SETUP = """
```{{code-cell}} python
:tags: [remove-cell]
import docs_kernel
docs_kernel.begin({page!r})
```

"""


def setup(app):
    """Called by Sphinx."""
    app.connect("source-read", _read)
    app.connect("html-page-context", _place)
    app.connect("autodoc-process-docstring", _docstring)
    app.connect("builder-inited", _kernels)
    app.connect("builder-inited", _comments)
    return {"parallel_read_safe": False, "parallel_write_safe": True}  # one Studio for all


def _kernels(app):
    """A quick built-in Studio for all pages. Kernels inherit this process's environment."""
    paths = [str(ROOT / "tools"), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    os.environ["FRAMEPACK_DOCS_PLACE"] = str(Path(app.outdir).parent / "run")
    demo = start(DemoOptions(speed=SPEED, loras=LORAS), timeout=180)
    os.environ["FRAMEPACK_DOCS_STUDIO"] = demo.url
    app.connect("build-finished", lambda _app, _error: demo.stop())


def _place(_app, page, _template, context, _doctree):
    """Where the site is built is nobody's business: the page's folder is shown as a user's."""
    if "body" in context:
        here = os.environ["FRAMEPACK_DOCS_PLACE"]
        context["body"] = context["body"].replace(str(Path(here) / page), "/home/me")


def _comments(_app):
    """The comment behind a dataclass's field is what there is to say about it."""
    for place in (place for _, places in docs_reference.public() for place in places):
        module, _, name = place.rpartition(".")
        analyzer = ModuleAnalyzer.for_module(module)
        analyzer.analyze()
        lines = analyzer.code.splitlines()
        for node in ast.walk(ast.parse(analyzer.code)):
            if isinstance(node, ast.ClassDef) and node.name == name:
                for field in node.body:
                    key = (name, ast.unparse(getattr(field, "target", None) or ast.Name("")))
                    comment = lines[field.end_lineno - 1][field.end_col_offset :].strip()
                    if isinstance(field, ast.AnnAssign) and comment.startswith("# "):
                        analyzer.attr_docs.setdefault(key, [comment[2:], ""])


def _read(app, page, source):
    text = source[0]
    if page == app.config.root_doc:
        listed = "\n".join(docs_reference.listed(text))
        text += f"\n```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    if page == "reference":
        try:
            text += docs_reference.reference()
        except ValueError as error:
            raise ExtensionError(str(error)) from error
    if RUNS.search(text):
        title, blank, rest = text.partition("\n\n")
        text = (
            HEAD + title + blank + SETUP.format(page=page) + RUNS.sub("```{code-cell} python", rest)
        )
    source[0] = text


def _docstring(_app, _what, _name, thing, _options, lines):
    """Our docstrings are plain text: an argument's line begins a paragraph, its name stands out."""
    try:
        names = "|".join(map(re.escape, inspect.signature(thing).parameters))
    except (TypeError, ValueError):
        return
    begins = re.compile(rf"({names}): |Raises ") if names else re.compile("Raises ")
    done = []
    for line in lines:
        if begins.match(line) and done and done[-1]:
            done.append("")
        done.append(re.sub(rf"(^|(?<=[.;] ))({names}): ", r"**\2**: ", line) if names else line)
    lines[:] = done
