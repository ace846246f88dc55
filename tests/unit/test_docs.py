"""The documentation's words against the source: messages, links, public names. Needs no Sphinx."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path

import pytest

import framepack_widgets as fp

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
TEXTS = [*PAGES, *sorted(ROOT.glob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(.*)\n([\s\S]*?)^```$", re.MULTILINE)
RUN = {"python"}
SHOWN = {"text", "sh", "console", "json", "nginx", "toml", "ini"}

if not DOCS.is_dir():
    pytest.skip("no docs beside this package", allow_module_level=True)
sys.path.insert(0, str(ROOT / "tools"))

import docs_reference  # noqa: E402
import messages  # noqa: E402


# -- troubleshooting -----------------------------------------------------------------------------
def test_every_message_is_explained() -> None:
    missing = [f"{m.section}: {m.text} ({m.where})" for m in messages.unexplained()]
    assert not missing, "docs/troubleshooting.md does not explain:\n" + "\n".join(missing)


def test_every_entry_is_a_message_of_today() -> None:
    told = messages.collect()
    dead = [e.begins for e in messages.entries() if not any(e.fits(m) for m in told)]
    assert not dead, "docs/troubleshooting.md explains what is never said:\n" + "\n".join(dead)


def test_every_entry_says_what_to_do() -> None:
    silent = [entry.begins for entry in messages.entries() if "*Do:*" not in entry.says]
    assert not silent


def test_the_source_is_read_in_every_form_that_messages_have() -> None:
    """One of each: plain, f-string, both sides of an if, by a function, by a name, of a job."""
    told = {(m.section, m.text.split(".")[0]) for m in messages.collect()}
    assert {
        ("StudioRefused", "A proxy in front of … wants a token"),
        ("StudioUnreachable", "There is no host named …, or the network is down"),
        ("LibraryError", "The trash was emptied: this cannot be undone"),
        ("Problems of settings", "… is less than …"),
        ("Problems of settings", "no effect while cfg_scale is 1"),
        ("Problems of settings", "… ends before it begins"),
        ("What a job says", "The Studio was restarted and lost this job"),
        ("What a job says", "cancelled before it was sent"),
        ("What a job says", "start_frame: the server rendered without it"),
        ("WrongClip", "Job …: …"),
    } <= told


def test_a_new_message_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "new.py").write_text(
        'def f(name):\n    raise LibraryError(f"{name} fell into the water.")\n', encoding="utf-8"
    )
    monkeypatch.setattr(messages, "PACKAGE", tmp_path)
    assert [m.text for m in messages.unexplained()] == ["… fell into the water."]


# -- links and code ------------------------------------------------------------------------------
@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in _anchors(file), f"{page.name}: no heading for {target}"


def _anchors(page: Path) -> set[str]:
    """GitHub's names of the headings of a page."""
    found = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()).strip() for heading in found]
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_says_whether_it_runs(page: Path) -> None:
    """```python runs when the site is built; anything else is only shown."""
    for language, code in FENCE.findall(page.read_text(encoding="utf-8")):
        assert language in RUN | SHOWN, f"{page.name}: ```{language} of {code[:60]!r}"
        if language in RUN:
            compile(code, page.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_every_page_is_in_the_index() -> None:
    listed = set(docs_reference.listed((DOCS / "index.md").read_text(encoding="utf-8")))
    assert listed == {page.stem for page in PAGES} - {"index"}


@pytest.mark.parametrize("picture", sorted(DOCS.glob("images/*")), ids=lambda path: path.name)
def test_pictures_are_small_and_used(picture: Path) -> None:
    assert picture.stat().st_size <= 200_000
    assert any(picture.name in text.read_text(encoding="utf-8") for text in TEXTS)


# -- reference -----------------------------------------------------------------------------------
def test_every_public_name_is_in_the_reference_once() -> None:
    places = [place for _, places in docs_reference.public() for place in places]
    names = [place.rpartition(".")[2] for place in places]
    assert set(fp.__all__) <= set(names)
    assert len(places) == len(set(places))


def test_public_names_and_their_members_have_docstrings() -> None:
    assert not docs_reference.undocumented()


def test_a_missing_docstring_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fp.Clip.save, "__doc__", None)
    assert docs_reference.undocumented() == ["framepack_widgets.clip.Clip.save"]
    assert inspect.isfunction(fp.Clip.save)
