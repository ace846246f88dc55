"""Every message that this package raises or tells, read from its source.

    python tools/messages.py          those that docs/troubleshooting.md does not explain yet
    python tools/messages.py --all    all of them

A message is found where an error of ours (or a problem of settings, or what became of a job) is
made: its text, with "…" for each part that is only known when it happens. Standard library only.
"""

import ast
import re
import sys
from dataclasses import dataclass
from functools import cache

from source_texts import GAP, ROOT, Reader, name_of, returned, tree_of

PACKAGE = ROOT / "framepack_widgets"
PAGE = ROOT / "docs" / "troubleshooting.md"

ERRORS = (
    *("SettingsError", "StudioUnreachable", "NotAStudio", "StudioRefused", "JobFailed"),
    *("WrongClip", "JobCancelled", "JobLost", "LibraryError", "FramePackError"),
)
PYTHON = ("ValueError", "TypeError", "RuntimeError", "TimeoutError")
USAGE = ("BadParameter", "UsageError")  # of the terminal program
# What becomes of a job: events, and the argument of each that is told (the first is the time).
EVENTS = {
    "Failed": "message",
    "Gone": "message",
    "Cancelled": "message",
    "Undecidable": "message",
    "Noted": "note",
    "Fetched": "notes",
    "_finish": "message",  # of advance.py, the only place where a job ends
    "replace": "message",  # a record's
}
# Functions whose texts are told as notes of a job.
NOTES = (("sidecar.py", "differences"),)
SECTIONS = {
    **{name: name for name in ERRORS},
    **dict.fromkeys(PYTHON, "Python's own errors"),
    **dict.fromkeys(USAGE, "Terminal"),
    **dict.fromkeys(EVENTS, "What a job says"),
    **dict.fromkeys(("Problem", "problem"), "Problems of settings"),
}
# Not told to anybody who uses the package: (part of a path, why).
LEFT_OUT = (
    ("testing/", "for tests of other programs; not part of what a user runs"),
    ("demo/", "inside the built-in Studio's own process, which tells them as a Studio does"),
    ("_pump.py", "caught where it is raised: the cell then waits plainly"),
)
KEPT = ("demo/process.py",)  # starts that process; its messages are the user's


@dataclass(frozen=True)
class Message:
    kind: str  # the name of the class
    text: str  # with GAP for what is filled in
    where: str  # file:line

    @property
    def section(self):
        return sections()[self.kind]


def collect():
    """All messages, in the order of the files."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        left_out = any(name.startswith(part) for part, _ in LEFT_OUT) and name not in KEPT
        if not left_out:
            found += _of(path, name)
    return list({(m.kind, m.text): m for m in found}.values())


@cache
def sections():
    """The class's name -> its section; classes that the package derives from these, too."""
    known = dict(SECTIONS)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                bases = [known[name_of(base)] for base in node.bases if name_of(base) in known]
                known.setdefault(node.name, *bases[:1]) if bases else None
    return known


def _of(path, name):
    tree = tree_of(path)
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        reader = Reader(path, function)
        if function.returns is not None and "_Told" in ast.unparse(function.returns):
            yield from _messages("Problem", reader, _pairs(function), name)
        if (name, function.name) in NOTES:
            yield from _messages("Noted", reader, returned(function), name)
    for function, call in _calls(tree):
        kind = name_of(call.func)
        if kind in sections():
            yield from _messages(kind, Reader(path, function), _told(kind, call), name)


def _messages(kind, reader, values, name):
    for value in values:
        for text in reader.texts(value):
            if text.strip(GAP + " .,:;\n"):
                yield Message(kind, _tidy(text), f"{name}:{value.lineno}")


def _pairs(function):
    """The first of each two: what the rules of effects.py return, (message, hint)."""
    pairs = [node for node in ast.walk(function) if isinstance(node, ast.Tuple)]
    return [pair.elts[0] for pair in pairs if len(pair.elts) == 2]


def _told(kind, call):
    """The arguments of a call that hold the message."""
    given = {word.arg: word.value for word in call.keywords}
    if kind in EVENTS:
        name = EVENTS[kind]
        place = {"_finish": 3, "replace": 99}.get(kind, 1)
        return [given[name]] if name in given else call.args[place : place + 1]
    if kind == "Problem":
        return [given["message"]] if "message" in given else call.args[1:2]
    return call.args[:1]


def _calls(tree):
    """(the function around it or None, call) for each call."""

    def walk(node, function):
        for child in ast.iter_child_nodes(node):
            inner = (
                child if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) else function
            )
            if isinstance(child, ast.Call):
                yield function, child
            yield from walk(child, inner)

    yield from walk(tree, None)


def _tidy(text):
    text = re.sub(r"\s+", " ", text.replace("\n", " ")).strip()
    return re.sub(f"({GAP}\\s*)+{GAP}", GAP, text)


# -- the page ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Entry:
    section: str
    begins: str  # the beginning of the message, GAP for what is filled in
    says: str

    def fits(self, message):
        """Whether the message begins as this entry says."""
        return self.section == message.section and message.text.startswith(self.begins)


def entries(text=None):
    """What the page explains: items of the form "- **`message`** why. *Do:* what."."""
    text = PAGE.read_text(encoding="utf-8") if text is None else text
    found, section = [], ""
    for block in re.split(r"\n(?=- |\n|#)", text):
        heading = re.match(r"\n*## (.+)", block)
        if heading:
            section = heading[1].strip().strip("`")
        item = re.match(r"\n*- ((?:\*\*`[^`]+`\*\*(?:,? ?\n? *))+)(.*)", block, re.DOTALL)
        if item:
            says = " ".join(item[2].split())
            begins = re.findall(r"\*\*`([^`]+)`\*\*", item[1])
            found += [Entry(section, " ".join(text.split()), says) for text in begins]
    return found


def unexplained():
    known = entries()
    return [message for message in collect() if not any(e.fits(message) for e in known)]


def main():
    for message in collect() if "--all" in sys.argv else unexplained():
        print(f"{message.section} | {message.kind} | {message.text} | {message.where}")


if __name__ == "__main__":
    main()
