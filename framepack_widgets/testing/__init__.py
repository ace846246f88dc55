"""For testing what is built on this package, without a server: `FakeStudio` and the contract suite.

    fake = FakeStudio()
    render = fake.add_stranger(start=True)   # the server does what the test says, and nothing else
    fake.render_section()
    fake.finish()

`AdapterContract` holds the tests that every Studio adapter passes, the real one and this one.
"""

from framepack_widgets.testing.contract import AdapterContract
from framepack_widgets.testing.reach import Server
from framepack_widgets.testing.renders import FakeRender, number_of
from framepack_widgets.testing.studio import Crash, FakeStudio

__all__ = ["AdapterContract", "Crash", "FakeRender", "FakeStudio", "Server", "number_of"]
