"""`python -m framepack_widgets`: the terminal program, also where its script is not on the path."""

from framepack_widgets.cli import main

main()
