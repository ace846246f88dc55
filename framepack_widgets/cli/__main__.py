"""`python -m framepack_widgets.cli`: the same as `python -m framepack_widgets`."""

from framepack_widgets.cli import main

main()
