"""The terminal program, `framepack-widgets connect | render | run | library | demo`.

Results go to stdout, everything else to stderr; exit codes are in `exits`. See docs/terminal.md.
"""

from framepack_widgets.cli.program import main

__all__ = ["main"]
