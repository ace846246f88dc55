"""The camera move of a demo clip: where each frame looks into the start image.

A prompt chooses the kind of move, by the words in it or by its hash; the seed chooses how far and
with how much sway. The move of a timed prompt begins where the one before it ended. Pure.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from .sections import FPS

_SMOOTHING = 15  # frames over which a change of direction is spread
_ROOM = 1.18  # magnification that leaves room to move sideways
_MAX_ZOOM = 1.9

# Words in a prompt -> (change of magnification, sideways, downwards) a second, in image sizes.
_MOVES: tuple[tuple[tuple[str, ...], tuple[float, float, float]], ...] = (
    (("zoom out", "pull back", "away", "reveal"), (-0.12, 0.0, 0.0)),
    (("zoom", "closer", "dolly", "push in", "lean"), (0.14, 0.0, 0.0)),
    (("left",), (0.0, -0.06, 0.0)),
    (("right", "turn", "walk"), (0.0, 0.06, 0.0)),
    (("up", "rise", "jump", "fly"), (0.0, 0.0, -0.06)),
    (("down", "fall", "sit", "bow"), (0.0, 0.0, 0.06)),
    (("spin", "orbit", "dance", "around"), (0.03, 0.05, -0.04)),
)


def camera_path(prompts: list[str], frame_counts: list[int], seed: int) -> NDArray[np.float64]:
    """Where each frame looks: (N, 3) with magnification (>= 1) and the centre's x and y (0 to 1).

    `prompts` and `frame_counts` name the moves in the order of the clip's time line.
    """
    random = np.random.default_rng(_number(str(seed)))
    amount = random.uniform(0.75, 1.35)
    moves = [_move(prompt) for prompt in prompts]
    state = np.array([1.3 if moves[0][0] < 0 else 1.0, 0.5, 0.5])
    pieces = []
    for move, count in zip(moves, frame_counts, strict=True):
        target = state + amount * np.array(move) * count / FPS
        if move[1] or move[2]:
            target[0] = max(target[0], _ROOM)
        target = _inside(target)
        pieces.append(state + np.linspace(0.0, 1.0, count)[:, None] * (target - state))
        state = target
    path = _smooth(np.concatenate(pieces))
    seconds = np.arange(len(path)) / FPS
    # A hand holds the camera, the less so where the whole image is in view.
    sway = 0.02 * random.uniform(0.4, 1.0) * np.minimum(1.0, (path[:, 0] - 1.0) * 5)
    phases = random.uniform(0, 2 * np.pi, 2)
    path[:, 1] += sway * np.sin(seconds * 1.3 + phases[0])
    path[:, 2] += sway * np.sin(seconds * 0.9 + phases[1])
    return _inside(path)


def view(state: NDArray[np.float64], width: int, height: int) -> tuple[float, float, float, float]:
    """The box (left, top, right, bottom) in px that a camera state sees of an image."""
    zoom, x, y = (float(value) for value in state)
    half_w, half_h = width / zoom / 2, height / zoom / 2
    left, top = x * width - half_w, y * height - half_h
    return (
        max(0.0, left),
        max(0.0, top),
        min(float(width), left + 2 * half_w),
        min(float(height), top + 2 * half_h),
    )


def _move(prompt: str) -> tuple[float, float, float]:
    text = prompt.lower()
    for words, move in _MOVES:
        if any(word in text for word in words):
            return move
    return _MOVES[_number(prompt) % len(_MOVES)][1]


def _inside(states: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest states that do not look beyond the image's edges."""
    inside: NDArray[np.float64] = np.array(states)
    inside[..., 0] = np.clip(inside[..., 0], 1.0, _MAX_ZOOM)
    margin = 0.5 / inside[..., 0]
    for axis in (1, 2):
        inside[..., axis] = np.clip(inside[..., axis], margin, 1.0 - margin)
    return inside


def _smooth(path: NDArray[np.float64]) -> NDArray[np.float64]:
    window = np.ones(_SMOOTHING) / _SMOOTHING
    padded = np.pad(path, ((_SMOOTHING // 2, _SMOOTHING // 2), (0, 0)), mode="edge")
    columns = [np.convolve(padded[:, i], window, mode="valid") for i in range(3)]
    return np.asarray(np.stack(columns, axis=1), dtype=np.float64)


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
