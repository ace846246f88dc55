"""A page that comes asks for everything; what changes while it is answered reaches it, too."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from unit.library_tools import until

# What is read for the answer is older than what is told before the answer is sent.
BAR = """
from framepack_widgets.widgets.app.connection_bar import ConnectionBar

class Bar(ConnectionBar):
    asked = 0
    def get_state(self, key=None, drop_defaults=False):
        state = super().get_state(key, drop_defaults)
        if key is None and self.comm is not None:
            self.asked += 1
            self.line = f"asked {self.asked} times"
        return state

bar = Bar(print, print, print)
bar.line = "connecting"
bar
"""


def test_news_during_the_answer_are_not_lost(notebook):
    nb = notebook([BAR], fresh=True)
    expect(nb.run(0).locator(".fpw-bar-line")).to_have_text("connecting")
    nb.save()
    nb.reload()
    line = nb.output(0).locator(".fpw-bar-line")
    expect(line).to_have_text(re.compile("asked"))
    until(lambda: line.inner_text() == nb.evaluate_in_kernel("print(bar.line)"))
