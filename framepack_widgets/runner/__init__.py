"""What happens to jobs after they were asked for: sending, following, settling, fetching, recovering."""

from framepack_widgets.runner.runner import Runner

__all__ = ["Runner"]
