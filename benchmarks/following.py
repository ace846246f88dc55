"""What it costs this side to follow one render, against the obvious way, measured in one run.

    python benchmarks/following.py            # a render of about a minute, each way
    python benchmarks/following.py --speed 4  # quicker, coarser

Three processes follow the same render on the built-in Studio, one after the other: this package
without previews, with previews (each one fetched), and `gradio_client` streaming `/monitor_job`
with its default of downloading every file. Printed: CPU seconds a minute, files left behind.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw

from framepack_widgets.demo.options import DemoOptions
from framepack_widgets.demo.process import start

PACKAGE = """
import json, sys, tempfile, time
import framepack_widgets as fp
url, frame, previews, library = sys.argv[1], sys.argv[2], sys.argv[3] == "previews", sys.argv[4]
studio = fp.connect(url, library=library)
job = studio.submit(start_frame=frame, prompt="it looks up", seconds=6)
while job.state in ("waiting", "sending", "sent"):
    time.sleep(0.02)
cpu, wall, shown = time.process_time(), time.monotonic(), 0
for progress in job:
    if previews and job.state == "running" and job.preview():
        shown += 1
clip = job.result()
print(json.dumps({"cpu": time.process_time() - cpu, "wall": time.monotonic() - wall,
                  "previews": shown}))
"""

OBVIOUS = """
import json, sys, time
from gradio_client import Client, handle_file
url, frame, folder = sys.argv[1], sys.argv[2], sys.argv[4]
client = Client(url, download_files=folder, verbose=False)
asked = client.view_api(print_info=False, return_format="dict")
asked = asked["named_endpoints"]["/handle_start_button"]["parameters"]
values = {p["parameter_name"]: p["parameter_default"] if p["parameter_has_default"] else None
          for p in asked}
names = {p["label"]: p["parameter_name"] for p in asked}
values[names["Start Frame (optional)"]] = handle_file(frame)
values[names["Video Length (Seconds)"]] = 6
answer = client.predict(api_name="/handle_start_button", **values)
job_id = next(a for a in answer if isinstance(a, str) and len(a) == 36)
cpu, wall, updates = time.process_time(), time.monotonic(), 0
for update in client.submit(job_id, api_name="/monitor_job"):
    updates += 1
print(json.dumps({"cpu": time.process_time() - cpu, "wall": time.monotonic() - wall,
                  "previews": updates}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--speed", type=float, default=0.5, help="of the built-in Studio")
    speed = parser.parse_args().speed
    ways = {
        "framepack_widgets": (PACKAGE, "plain"),
        "framepack_widgets, previews": (PACKAGE, "previews"),
        "gradio_client stream": (OBVIOUS, "plain"),
    }
    rows = {}
    with tempfile.TemporaryDirectory() as folder, start(DemoOptions(speed=speed)) as demo:
        frame = Path(folder) / "frame.png"
        picture(frame)
        for number, (name, (script, mode)) in enumerate(ways.items()):
            target = Path(folder) / f"way{number}"
            rows[name] = follow(script, demo.url, frame, mode, target)
    slowest = rows["gradio_client stream"]["per_minute"]
    print(f"{'way':30} {'CPU s/min':>10} {'files':>6} {'pictures':>9} {'ratio':>7}")
    for name, row in rows.items():
        ratio = slowest / row["per_minute"]
        counts = f"{row['files']:6} {row['previews']:9}"
        print(f"{name:30} {row['per_minute']:10.2f} {counts} {ratio:6.0f}x")


def follow(script: str, url: str, frame: Path, mode: str, target: Path) -> dict[str, float]:
    target.mkdir()
    arguments = [sys.executable, "-c", textwrap.dedent(script), url, str(frame), mode, str(target)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    row = json.loads(done.stdout.splitlines()[-1])
    row["per_minute"] = row["cpu"] * 60 / row["wall"]
    left = [path for path in target.rglob("*.*") if path.suffix in {".mp4", ".webp", ".png"}]
    row["files"] = len(left)
    row["files"] -= sum(1 for path in target.rglob("inputs/*"))  # ours: the kept start frame
    return row


def picture(path: Path) -> None:
    image = Image.new("RGB", (640, 640), (40, 70, 110))
    ImageDraw.Draw(image).ellipse((160, 160, 480, 480), fill=(240, 200, 90))
    image.save(path)


if __name__ == "__main__":
    main()
