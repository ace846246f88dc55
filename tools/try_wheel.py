"""Is the installed wheel whole? Run by `dev.py wheel` in an environment with nothing else in it."""

import subprocess
import sys
from importlib import import_module, metadata, resources
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main():
    package = import_module("framepack_widgets")
    where = Path(package.__file__).resolve()
    if ROOT / "framepack_widgets" in where.parents:
        return f"imported from the checkout, not from the wheel: {where}"
    for name in package.__all__:
        getattr(package, name)
    if not resources.files("framepack_widgets").joinpath("py.typed").is_file():
        return "py.typed is not in the wheel"
    program = Path(sys.executable).with_name(
        "framepack-widgets.exe" if sys.platform == "win32" else "framepack-widgets"
    )
    for arguments in (["--help"], ["--version"]):
        done = subprocess.run(
            [str(program), *arguments], capture_output=True, text=True, check=False
        )
        if done.returncode:
            return f"framepack-widgets {arguments[0]} failed:\n{done.stdout}{done.stderr}"
    if metadata.version("framepack-widgets") not in done.stdout:
        return f"framepack-widgets --version says {done.stdout!r}"
    return 0


if __name__ == "__main__":
    sys.exit(main())
