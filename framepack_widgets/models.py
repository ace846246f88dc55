"""What is known of a Studio's models, in one place, and what is guessed of new ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelFacts:
    """How one model works. Read in the worker and the generators of Studio 0.5.1."""

    takes_video: bool = False
    """Goes on from a video, and ignores the start frame."""
    takes_end_frame: bool = False
    """Looks at the end frame; the others drop it."""
    wants_end_frame: bool = False
    """Is chosen for its end frame; without one it renders like the model of the plain name."""
    uses_influence: bool = False
    """Looks at the end frame's influence."""
    from_end: bool = False
    """Makes the clip from its end backwards: the first section is the clip's last second."""
    counts_start_frame: bool = False
    """Puts the start frame into the clip: one latent frame more."""
    start_comes_first: bool = False
    """Has that latent frame from the first section on, not only in the last."""
    known: bool = True
    """False: guessed from the name."""


MODELS = {
    "Original": ModelFacts(from_end=True, counts_start_frame=True),
    "Original with Endframe": ModelFacts(
        takes_end_frame=True,
        wants_end_frame=True,
        uses_influence=True,
        from_end=True,
        counts_start_frame=True,
    ),
    "F1": ModelFacts(counts_start_frame=True, start_comes_first=True),
    "Video": ModelFacts(takes_video=True, from_end=True),
    # Its influence only enters a value that is thrown away (generators/video_generator.py).
    "Video with Endframe": ModelFacts(
        takes_video=True, takes_end_frame=True, wants_end_frame=True, from_end=True
    ),
    "Video F1": ModelFacts(takes_video=True),
}


def facts_of(model: object, *, has_video: bool = True) -> ModelFacts:
    """The facts of a model; of one this package does not know, what its name says.

    has_video: whether the server takes a video at all.
    """
    if not isinstance(model, str):
        return ModelFacts(known=False)
    if model in MODELS:
        return MODELS[model]
    words = model.casefold()
    end_frame = "endframe" in words.replace(" ", "").replace("-", "")
    video = has_video and "video" in words
    return ModelFacts(
        takes_video=video,
        takes_end_frame=end_frame,
        wants_end_frame=end_frame,
        uses_influence=end_frame,
        # Other than the known ones, a Studio does not turn a timed prompt round.
        from_end=False,
        counts_start_frame=not video,
        start_comes_first="f1" in words,
        known=False,
    )
