"""The Studios a Library has jobs on, each under one key, however it is reached.

A server's `app_id` is drawn anew at each of its starts, and is the same through every address: two
URLs with the same one are one server and get one key.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from framepack_widgets import durable
from framepack_widgets.library.database import Database
from framepack_widgets.library.run_sql import move_runs

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class StudioRow:
    """What the Library remembers of a Studio."""

    key: str  # 12 hexadecimal digits
    url: str  # as it was reached last, without credentials
    version: str | None
    seen_at: float  # s since 1970, this machine's clock
    app_id: str | None = None  # of the server's last known start
    schema: dict[str, Any] | None = None  # what `remember_studio` was given


class StudioBook:
    """The table of Studios."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def key(self, url: str) -> str:
        """The key of the Studio at that address; the same for every spelling of it."""
        url = normalised(url)
        rows = self._database.read("SELECT key FROM studio_urls WHERE url = ?", (url,))
        return str(rows[0][0]) if rows else key_of(url)

    def remember(
        self,
        url: str,
        *,
        app_id: str | None,
        version: str | None,
        schema: Mapping[str, Any] | None,
    ) -> str:
        """Note what was found at an address and return the Studio's key.

        Jobs and runs that were noted under another key for the same server go over to the common
        one. What is None leaves what was known.
        """
        url = normalised(url)
        text = None if schema is None else durable.json_text(dict(schema))
        with self._database.write() as connection:
            row = connection.execute("SELECT key FROM studio_urls WHERE url = ?", (url,)).fetchone()
            old = str(row[0]) if row else key_of(url)
            same = None
            if app_id is not None:
                same = connection.execute(
                    "SELECT key FROM studios WHERE app_id = ? AND key != ? ORDER BY seen_at",
                    (app_id, old),
                ).fetchone()
            key = str(same[0]) if same else old
            if key != old:
                connection.execute("UPDATE jobs SET studio = ? WHERE studio = ?", (key, old))
                move_runs(connection, old, key)
                connection.execute("UPDATE studio_urls SET key = ? WHERE key = ?", (key, old))
                connection.execute("DELETE FROM studios WHERE key = ?", (old,))
            connection.execute(
                "INSERT INTO studio_urls (url, key) VALUES (?, ?) "
                "ON CONFLICT (url) DO UPDATE SET key = excluded.key",
                (url, key),
            )
            connection.execute(
                "INSERT INTO studios (key, url, app_id, version, schema, seen_at) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET url = excluded.url, "
                "app_id = coalesce(excluded.app_id, app_id), "
                "version = coalesce(excluded.version, version), "
                "schema = coalesce(excluded.schema, schema), seen_at = excluded.seen_at",
                (key, url, app_id, version, text, time.time()),
            )
        return key

    def rows(self) -> list[StudioRow]:
        """All Studios, the one seen last first."""
        found = self._database.read(
            "SELECT key, url, version, seen_at, app_id, schema FROM studios ORDER BY seen_at DESC"
        )
        return [
            StudioRow(key, url, version, seen_at, app_id, json.loads(schema) if schema else None)
            for key, url, version, seen_at, app_id, schema in found
        ]

    def row(self, key: str) -> StudioRow | None:
        """The Studio of that key, if it was remembered."""
        return next((row for row in self.rows() if row.key == key), None)


def key_of(url: str) -> str:
    """The key that a normalised URL gets of itself."""
    return hashlib.sha256(url.encode()).hexdigest()[:12]


def normalised(url: str) -> str:
    """A URL without credentials, query and default port, host in lower case, no slash at the end.

    A text that is no URL (such as "demo") is only stripped and lowered.
    """
    text = url.strip()
    if "://" not in text:
        head = text.split("/", 1)[0]
        if "." not in head and ":" not in head and head != "localhost":
            return text.lower()
        text = "http://" + text
    parts = urlsplit(text)
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    try:
        port = parts.port
    except ValueError:  # not a number: part of the name then, whoever connects will say so
        port = None
        host = parts.netloc.rpartition("@")[2].lower()
    if port is not None and port != _DEFAULT_PORTS.get(scheme):
        host = f"{host}:{port}"
    return f"{scheme}://{host}{parts.path.rstrip('/')}"
