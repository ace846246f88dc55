"""Numbers about a clip's pictures: how much moves, flickers, how sharp it is, how it loops."""

from framepack_widgets.metrics.measuring import MeasuringCancelled, known_metrics, metrics_of
from framepack_widgets.metrics.numbers import Metrics

__all__ = ["MeasuringCancelled", "Metrics", "known_metrics", "metrics_of"]
