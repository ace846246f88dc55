"""Clips that others made become clips of a Library, with their settings; nothing is rendered."""

from framepack_widgets.adoption.folder import adopt_folder
from framepack_widgets.adoption.gallery import Gallery, GalleryItem, again, gallery
from framepack_widgets.adoption.onlooker import Onlooker, Stranger
from framepack_widgets.adoption.results import Adopted, Problem, Step
from framepack_widgets.adoption.studio import Underway, adopt

__all__ = [
    "Adopted",
    "Gallery",
    "GalleryItem",
    "Onlooker",
    "Problem",
    "Step",
    "Stranger",
    "Underway",
    "adopt",
    "adopt_folder",
    "again",
    "gallery",
]
