"""What happens to jobs after they were asked for: sent, followed, settled, fetched, recovered."""

from framepack_widgets.runner.runner import Runner

__all__ = ["Runner"]
