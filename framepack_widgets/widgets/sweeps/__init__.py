"""Sweeps in the page: the editor of their axes, the plan, the grid of a run's points."""
