"""Everything a contributor runs, on any platform, with nothing but Python installed.

    python tools/dev.py demo        one real render in a real notebook, left under build/demo/
    python tools/dev.py test        the whole test suite (arguments after it go to pytest)
    python tools/dev.py lab         JupyterLab with the notebooks
    python tools/dev.py check       lint, formatting and types
    python tools/dev.py docs        the documentation's site, under build/docs/site

Each command first makes `.venv` if it is not there (or not up to date with pyproject.toml) and
works in it; nothing outside this folder is touched. Standard library only.
"""

import argparse
import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pythons

ROOT = Path(__file__).resolve().parent.parent
MAIN = ROOT / ".venv"
OLD = ROOT / ".venv-old"
OLD_CONSTRAINTS = ROOT / "tools" / "old-generation.txt"
STAMP = "framepack-setup.txt"


class SetupError(Exception):
    """Something the user has to mend; shown without a traceback."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def python_of(venv):
    """The interpreter of a virtual environment, whatever the platform."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def base_python():
    """The Python to make environments with: this one, or a newer one if this one is too old."""
    if sys.version_info >= pythons.LOWEST:
        return sys.executable
    working, remarks = pythons.survey()
    if not working:
        wanted = ".".join(str(part) for part in pythons.LOWEST)
        raise SetupError(
            f"Python {wanted} or newer is needed; this is {sys.version.split()[0]}, and "
            "no other was found. Install one and start this command with it.\n" + "\n".join(remarks)
        )
    return next(iter(working.values()))


def fingerprint(arguments):
    """What an environment must have been made from to be up to date."""
    digest = hashlib.sha256(" ".join(arguments).encode())
    digest.update(str(ROOT).encode())
    for path in (ROOT / "pyproject.toml", OLD_CONSTRAINTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def ensure(venv, arguments, python=None):
    """A virtual environment with `pip install <arguments>` done in it; its interpreter's path.

    Made again if its interpreter does not run or is too old (a moved folder, a removed Python), and
    installed into again when pyproject.toml has changed.
    """
    interpreter, stamp = python_of(venv), venv / STAMP
    wanted = fingerprint(arguments)
    facts = pythons.probe(str(interpreter)) if interpreter.exists() else {"broken": "not there"}
    if "broken" in facts or tuple(facts["version"]) < pythons.LOWEST:
        create(venv, python or base_python())
    elif stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return interpreter
    say(f"Installing into {venv.name} (once; a minute or two) ...")
    if not install(interpreter, arguments):
        raise SetupError(
            f"pip could not install what {venv.name} needs; its messages are above. Without "
            "a network this step cannot work; otherwise delete the folder and try again."
        )
    stamp.write_text(wanted, encoding="ascii")
    return interpreter


def install(interpreter, arguments):
    """Install into that interpreter's environment; whether it worked.

    By uv where this machine has it, which takes a tenth of the time; by pip otherwise, and where uv
    fails: pip may know indexes and certificates that uv does not.
    """
    uv = shutil.which("uv")
    if uv is not None:
        command = [uv, "pip", "install", "-q", "--python", str(interpreter), *arguments]
        if not subprocess.run(command, cwd=str(ROOT), stdout=2, check=False).returncode:
            return True
        say("uv could not install it; pip tries now.")
    command = [str(interpreter), "-m", "pip", "install", "-qq", "--no-compile", *arguments]
    return not subprocess.run(command, cwd=str(ROOT), stdout=2, check=False).returncode


def create(venv, python):
    """Make an empty virtual environment, in place of whatever is there."""
    say(f"Creating {venv.name} with {python} ...")
    if subprocess.run([python, "-m", "venv", "--clear", str(venv)], check=False).returncode:
        raise SetupError(
            f"{python} cannot make a virtual environment. On Debian and Ubuntu: install the "
            "package python3-venv; elsewhere try another Python."
        )


def main_environment():
    return ensure(MAIN, ["-e", ".[all,dev]"])


def old_environment():
    """A second environment with the gradio of a Studio's own installation, or None."""
    try:
        return ensure(OLD, ["-e", ".[demo]", "-c", str(OLD_CONSTRAINTS)])
    except SetupError as error:
        say(f"{error}\nSKIPPED: tests that need a server of the older gradio.")
        return None


def run(*command, **environment):
    """Run a command here, with its output going where ours goes; its exit code."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=str(ROOT),
        env={**os.environ, **environment},
        check=False,
    )
    return done.returncode


def setup():
    say(f"Ready: {main_environment()}")
    return 0


def demo(*arguments):
    return run(main_environment(), "tools/run_notebook.py", *arguments)


def test(*arguments):
    python = main_environment()
    other = os.environ.get("FRAMEPACK_OTHER_PYTHON") or old_environment()
    environment = {"FRAMEPACK_OTHER_PYTHON": str(other)} if other else {}
    return run(python, "-m", "pytest", *arguments, **environment)


def lab(*arguments):
    """JupyterLab with notebooks/ as its root: clips of the default Library lie in it and play."""
    python, port, token = main_environment(), free_port(8888), secrets.token_hex(16)
    root = ROOT / "notebooks"
    command = [
        *(str(python), "-m", "jupyterlab", "--log-level=WARN", f"--ServerApp.root_dir={root}"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        "--ServerApp.answer_yes=True",
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        *arguments,
    ]
    say(f"JupyterLab: http://127.0.0.1:{port}/lab?token={token}\nCtrl-C ends it.")
    environment = {
        **os.environ,
        "JUPYTER_TOKEN": token,
        "JUPYTER_PREFER_ENV_PATH": "1",  # kernels of this environment, whatever else there is
    }
    server = subprocess.Popen(command, cwd=str(root), env=environment)
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:
            continue  # it has got the Ctrl-C, too, and ends its kernels before itself


def free_port(wanted):
    """This port of 127.0.0.1, or any other one if somebody has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise SetupError("no port of 127.0.0.1 is free.")


def check():
    python = main_environment()
    steps = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
    codes = [run(python, "-m", *step) for step in steps]  # all of them, so that all is seen at once
    return max(codes)


def format_():
    python = main_environment()
    return run(python, "-m", "ruff", "check", "--fix", ".") | run(
        python, "-m", "ruff", "format", "."
    )


def docs():
    """The site, made anew: every code block runs, and any warning is an error."""
    place = ROOT / "build" / "docs"
    if place.exists():
        shutil.rmtree(str(place))
    options = ("-q", "-W", "--keep-going", "-d", place / "trees")
    code = run(main_environment(), "-m", "sphinx", *options, "docs", place / "site")
    say(f"The site: {place / 'site' / 'index.html'}" if code == 0 else "The site was NOT built.")
    return code


def images():
    return run(main_environment(), "tools/make_images.py")


def wheel():
    """Build the wheel and use it where nothing else is installed."""
    python, dist, clean_venv = main_environment(), ROOT / "dist", ROOT / "build" / "wheel-venv"
    shutil.rmtree(str(dist), ignore_errors=True)
    if run(
        python, "-m", "pip", "wheel", "--quiet", "--quiet", "--no-deps", "--wheel-dir", dist, "."
    ):
        raise SetupError("the wheel could not be built; pip's messages are above.")
    (built,) = dist.glob("*.whl")
    create(clean_venv, base_python())
    fresh = python_of(clean_venv)
    if run(fresh, "-m", "pip", "install", "--quiet", "--quiet", built):
        raise SetupError(f"{built.name} could not be installed; pip's messages are above.")
    code = run(fresh, "tools/try_wheel.py")
    say(f"{built.name}: {'works' if code == 0 else 'BROKEN'} in a clean environment")
    return code


def clean():
    for name in (".venv", ".venv-old", "build", "dist"):
        if (ROOT / name).exists():
            say(f"removing {name}")
            shutil.rmtree(str(ROOT / name))
    return 0


COMMANDS = {
    "demo": (demo, "one real render in a real notebook, left under build/demo/"),
    "lab": (lab, "JupyterLab with the notebooks; further arguments go to it (--no-browser)"),
    "test": (test, "the whole test suite; further arguments go to pytest"),
    "check": (check, "lint, formatting and types"),
    "docs": (docs, "the documentation's site, into build/docs/site; its code blocks run"),
    "setup": (setup, "only make .venv: the package, the built-in Studio, the tools"),
    "format": (format_, "let ruff format and mend what it can"),
    "images": (images, "draw the notebooks' pictures again"),
    "wheel": (wheel, "build the wheel into dist/ and try it in a clean environment"),
    "clean": (clean, "remove .venv, .venv-old, build and dist"),
}


def main():
    parser = argparse.ArgumentParser(
        description="Work on framepack-widgets. Makes .venv in this folder where needed.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"  {name:8} {help_}" for name, (_, help_) in COMMANDS.items()),
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    chosen = parser.parse_args()
    if chosen.arguments and chosen.command not in ("demo", "lab", "test"):
        parser.error(f"{chosen.command} takes no arguments, got {' '.join(chosen.arguments)}")
    try:
        return COMMANDS[chosen.command][0](*chosen.arguments)
    except SetupError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
