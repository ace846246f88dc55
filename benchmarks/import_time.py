"""What `import framepack_widgets` costs, against `import ipywidgets`, in fresh processes."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 9


def seconds(statement: str) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def main() -> None:
    empty = seconds("pass")
    ours = seconds("import framepack_widgets") - empty
    theirs = seconds("import ipywidgets") - empty
    print(f"framepack_widgets {ours * 1000:.0f} ms, ipywidgets {theirs * 1000:.0f} ms")
    print(f"ratio {ours / theirs:.2f} (at most 0.5 is wanted)")


if __name__ == "__main__":
    main()
