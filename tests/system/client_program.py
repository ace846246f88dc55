"""A program for either generation's interpreter: render on a Studio, and tell what happened.

    python client_program.py <url> <library> <start frame> [<user> <password>]

Prints one line of JSON. Everything that this process connects to, and every name it asks for, is
recorded on the way.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from importlib.metadata import version

hosts: set[str] = set()


def recording(original):
    def call(target, *rest, **more):
        hosts.add(str(target[0] if isinstance(target, tuple) else target))
        return original(target, *rest, **more)

    return call


def connecting(original):
    def connect(self, target, *rest):
        hosts.add(str(target[0] if isinstance(target, tuple) else target))
        return original(self, target, *rest)

    return connect


class RecordingSocket(socket.socket):
    connect = connecting(socket.socket.connect)
    connect_ex = connecting(socket.socket.connect_ex)


socket.socket = RecordingSocket  # type: ignore[misc]
socket.getaddrinfo = recording(socket.getaddrinfo)
socket.create_connection = recording(socket.create_connection)

import framepack_widgets as fp  # noqa: E402 - after the sockets are watched

url, library, frame, *login = sys.argv[1:]
with fp.connect(url, library=library, auth=tuple(login) or None) as studio:
    image = studio.submit(start_frame=frame, prompt="a", seconds=1, loras={"film": 0.5})
    clips = [image.result(60)]
    clips.append(
        studio.submit(model="Video", video=str(clips[0].path), prompt="b", seconds=1).result(60)
    )
    answer = studio.gradio.predict(api_name="/check_for_current_job")
    for thread in threading.enumerate():
        if thread.name.startswith("Thread-"):  # a report would go out in one of these
            thread.join(0.5)
    print(
        json.dumps(
            {
                "client": version("gradio_client"),
                "python": sys.version_info[:2],
                "verified": [clip.verified for clip in clips],
                "frames": [clip.frame_count for clip in clips],
                "loras": clips[0].settings.loras and dict(clips[0].settings.loras),
                "nothing runs": answer[0] is None,
                "hosts": sorted(hosts),
            }
        )
    )
