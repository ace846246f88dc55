"""What texts an expression of Python source can have, as far as the source says.

Parts that are only known when it runs are "…". Names and functions of the package are followed, a
few steps deep. Standard library only.
"""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GAP = "…"
MOST_DEEP = 4  # functions and names behind one another


class Reader:
    """What texts an expression can have, as far as the source says."""

    def __init__(self, path, function, depth=0):
        self.path, self.function, self.depth = path, function, depth

    def texts(self, node):
        if isinstance(node, ast.Constant):
            return [node.value if isinstance(node.value, str) else GAP]
        if isinstance(node, ast.JoinedStr):
            return _joined([self._part(part) for part in node.values])
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            sides = [self.texts(node.left), self.texts(node.right)]
            return [*sides[0], *sides[1]] if _gives_list(self.function) else _joined(sides)
        if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            return self.texts(node.elt)
        if isinstance(node, ast.IfExp):
            return [*self.texts(node.body), *self.texts(node.orelse)]
        if isinstance(node, ast.BoolOp):
            return [text for value in node.values for text in self.texts(value)]
        if isinstance(node, (ast.Tuple, ast.List)):
            return [text for item in node.elts for text in self.texts(item)] or [GAP]
        if isinstance(node, ast.Dict):
            return [text for item in node.values if item for text in self.texts(item)] or [GAP]
        if isinstance(node, ast.Subscript):
            return self.texts(node.value) if isinstance(node.value, (ast.Name, ast.Dict)) else [GAP]
        if isinstance(node, ast.Call):
            return self._called(node)
        if isinstance(node, ast.Name):
            return self._named(node.id)
        return [GAP]

    def _part(self, part):
        """A part of an f-string: what is filled in, unless it is one of few words."""
        if isinstance(part, ast.Constant):
            return [part.value]
        inner = part.value
        if isinstance(inner, ast.IfExp):
            return self.texts(inner)
        return [GAP]

    def _named(self, name):
        """What a name may stand for: all that is assigned, appended or added to it."""
        if self.depth > MOST_DEEP:
            return [GAP]
        deeper = Reader(self.path, self.function, self.depth + 1)
        inner = ast.walk(self.function) if self.function is not None else ()
        for nodes in (inner, tree_of(self.path).body):
            found = [text for node in nodes for text in deeper._given(node, name)]
            if found:
                return found
        return [GAP]

    def _given(self, node, name):
        if isinstance(node, ast.Assign):
            return [t for target in node.targets for t in self._assigned(target, node.value, name)]
        if isinstance(node, (ast.AnnAssign, ast.AugAssign)) and node.value is not None:
            return self._assigned(node.target, node.value, name)
        if isinstance(node, (ast.comprehension, ast.For)):
            return self._assigned(node.target, node.iter, name)
        if isinstance(node, ast.Call) and name_of(node.func) == "append":
            return self._assigned(node.func.value, node.args[0], name)
        return []

    def _assigned(self, target, value, name):
        if isinstance(target, ast.Name) and target.id == name:
            return self.texts(value)
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            return [
                text
                for inner, part in zip(target.elts, value.elts)
                for text in self._assigned(inner, part, name)
            ]
        return []

    def _called(self, call):
        name = name_of(call.func)
        if name in ("str", "tuple") and call.args:
            return self.texts(call.args[0])
        if name == "join" or self.depth > MOST_DEEP or not name:
            return [GAP]
        for path, there in ((self.path, name), _home(self.path, name)):
            for node in ast.walk(tree_of(path)) if path else ():
                if isinstance(node, ast.FunctionDef) and node.name == there and _gives_text(node):
                    reader = Reader(path, node, self.depth + 1)
                    return [text for value in returned(node) for text in reader.texts(value)]
        return [GAP]


def returned(function):
    """What a function returns, as expressions."""
    nodes = (node for node in ast.walk(function) if isinstance(node, ast.Return))
    return [node.value for node in nodes if node.value is not None]


def _gives_list(function):
    returns = getattr(function, "returns", None)
    return returns is not None and ast.unparse(returns).startswith(("list", "tuple"))


def _gives_text(function):
    return function.returns is not None and "str" in ast.unparse(function.returns)


@cache
def tree_of(path):
    """A file of Python, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _home(path, name):
    """(file of ours, the name there) that `name` is imported from in `path`; (None, name)."""
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("framepack"):
            continue
        for alias in node.names:
            base = ROOT.joinpath(*node.module.split("."))
            files = [f for f in (base.with_suffix(".py"), base / "__init__.py") if f.exists()]
            if files and name in (alias.asname, alias.name):
                return files[0], alias.name
    return None, name


def name_of(node):
    """The last part of a name."""
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _joined(parts):
    texts = [""]
    for part in parts:
        texts = [text + more for text in texts for more in part][:12]
    return texts
