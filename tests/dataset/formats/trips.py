"""What left in a format is compared with what comes back."""

import numpy as np

from dataset.formats.listed import PhotoSet
from dataset.formats.source import name_of
from dataset.idmap import read_image


def masks_in(ids, categories):
    """Return every instance of an id map as (category, the bytes of its mask), in an order of its own."""
    return sorted((name, (ids == k).tobytes()) for k, name in enumerate(categories, 1) if (ids == k).any())


def check_trip(pictures, found: PhotoSet, empty_is_labelled: bool = False) -> None:
    """Hold every photo and every mask of a set against the pictures that it was written from.

    empty_is_labelled: the format can say that nothing is to be seen.
    """
    photos = {photo.file.stem: photo for photo in found.photos}
    assert sorted(photos) == sorted(name_of(sample) for sample in pictures.samples)
    for sample, ids in zip(pictures.samples, pictures.ids, strict=True):
        photo = photos[name_of(sample)]
        drawn = photo.label.draw(ids.shape)
        assert masks_in(*drawn) == masks_in(ids, [item.category for item in sample.instances])
        assert photo.labelled == (empty_is_labelled or bool(sample.instances))
        assert np.array_equal(read_image(photo.file), read_image(pictures.manifest.parent / sample.image))
