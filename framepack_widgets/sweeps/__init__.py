"""Many Settings made from axes: which renders they are, what they cost, what each is called.

Everything here is decided before anything is sent: `Sweep` makes the points, `identity` names a
render by its content, `plan` folds, refuses, orders and estimates.
"""

from __future__ import annotations
