"""Everything one can choose about the built-in Studio, as a dataclass and as command line options.

Pure: standard library only, so that a client can make options without having gradio installed.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from .dialects import DIALECTS

EXAMPLE_LORAS = ("camera-orbit", "anime_v2", "style/ghibli", "slow-motion", "film-grain")


@dataclass(frozen=True)
class DemoOptions:
    """How the built-in Studio behaves. The defaults are a well-behaved, rather quick Studio."""

    port: int = 0
    """TCP port on 127.0.0.1; 0 chooses a free one."""
    dialect: str = "0.5.1"
    """The version it speaks like: "0.4", "0.5.1", "0.6", "0.6-html" (the queue as a page, jobs can
    be cancelled singly), or "future", which no Studio speaks yet."""
    speed: float = 1.0
    """Divides the time a render sleeps. 1: a default render takes about half a minute."""
    loras: tuple[str, ...] = ()
    """Names of the LoRAs it pretends to have, in order."""
    metadata: bool = True
    """Its setting "Save Metadata": write PNG and JSON sidecars."""
    clean_up: bool = True
    """Its setting "Clean up video files": keep only the longest file of a render."""
    workdir: Path | None = None
    """Its folder, kept when it ends. None: a fresh temporary one that is removed at the end."""
    auth: tuple[str, str] | None = None
    """User and password of Gradio's own login form."""
    root_path: str = ""
    """Path prefix under which a proxy publishes it, for example "/studio"."""
    fail_every: int = 0
    """Every n-th client job that starts fails before its first section; 0: none."""
    partial_every: int = 0
    """Every n-th client job that starts ends after half of its sections; 0: none."""
    foreign_every: int = 0
    """With every n-th submission a stranger's job joins the queue; 0: never."""
    slow_submit: float = 0.0
    """Seconds a submission waits for its answer after the job was queued."""
    slow_download: float = 0.0
    """Bytes a second at which files are sent; 0: as fast as possible."""

    def __post_init__(self) -> None:
        """Raises ValueError for a dialect that there is none of."""
        if self.dialect not in DIALECTS:
            raise ValueError(
                f"dialect={self.dialect!r}: the demo Studio speaks {', '.join(DIALECTS)}"
            )

    def to_arguments(self) -> list[str]:
        """The command line of `python -m framepack_widgets.demo` that means the same."""
        arguments = [
            f"--port={self.port}",
            f"--dialect={self.dialect}",
            f"--speed={self.speed}",
            f"--loras={','.join(self.loras)}",
            "--metadata" if self.metadata else "--no-metadata",
            "--clean-up" if self.clean_up else "--no-clean-up",
            f"--root-path={self.root_path}",
            f"--fail-every={self.fail_every}",
            f"--partial-every={self.partial_every}",
            f"--foreign-every={self.foreign_every}",
            f"--slow-submit={self.slow_submit}",
            f"--slow-download={self.slow_download}",
        ]
        if self.workdir is not None:
            arguments.append(f"--workdir={self.workdir}")
        if self.auth is not None:
            arguments.append(f"--auth={self.auth[0]}:{self.auth[1]}")
        return arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one command line option per field of `DemoOptions`."""
    add = parser.add_argument
    add("--port", type=_count, default=0, help="port on 127.0.0.1; 0 chooses a free one")
    add(
        "--dialect",
        choices=tuple(DIALECTS),
        default="0.5.1",
        help="the version it speaks like (default 0.5.1)",
    )
    add("--speed", type=_speed, default=1.0, help="divides the time a render sleeps (default 1)")
    add("--loras", type=_loras, default=(), help="names separated by commas, or how many examples")
    add("--metadata", action=argparse.BooleanOptionalAction, default=True, help="write sidecars")
    add("--clean-up", action=argparse.BooleanOptionalAction, default=True, help="keep longest file")
    add("--workdir", type=Path, help="folder for its files, kept at the end (default: temporary)")
    add("--auth", type=_auth, metavar="USER:PASSWORD", help="ask for a login")
    add("--root-path", default="", help="path prefix under which a proxy publishes it")
    faults = parser.add_argument_group("faults, for trying out clients (N: every n-th, 0: never)")
    faults.add_argument("--fail-every", type=_count, default=0, metavar="N")
    faults.add_argument("--partial-every", type=_count, default=0, metavar="N")
    faults.add_argument("--foreign-every", type=_count, default=0, metavar="N")
    faults.add_argument("--slow-submit", type=_amount, default=0.0, metavar="SECONDS")
    faults.add_argument("--slow-download", type=_amount, default=0.0, metavar="BYTES_PER_S")


def from_arguments(namespace: argparse.Namespace) -> DemoOptions:
    """The options in a namespace that a parser with `add_arguments` returned."""
    return DemoOptions(**{name: getattr(namespace, name) for name in DemoOptions.__annotations__})


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is negative")
    return number


def _amount(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a finite number of at least 0")
    return number


def _speed(text: str) -> float:
    number = _amount(text)
    if number == 0:
        raise argparse.ArgumentTypeError("a speed of 0 would never finish")
    return number


def _loras(text: str) -> tuple[str, ...]:
    if text.strip().isdigit():
        count = int(text)
        if count > len(EXAMPLE_LORAS):
            raise argparse.ArgumentTypeError(f"there are {len(EXAMPLE_LORAS)} examples")
        return EXAMPLE_LORAS[:count]
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _auth(text: str) -> tuple[str, str]:
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise argparse.ArgumentTypeError("expected USER:PASSWORD")
    return user, password
