"""Photos on the pages that rooms write."""

import dataclasses

from dataset.overlay import RGB, jpeg_uri, small

SIDE_PX = 320


@dataclasses.dataclass(frozen=True)
class SetPicture:
    """A photo on a page."""

    uri: str  # the picture itself, as a data URI
    caption: str


def set_picture(image: RGB, caption: str) -> SetPicture:
    """Return an image (H, W, 3), made small, as a photo on a page."""
    return SetPicture(jpeg_uri(small(image, SIDE_PX)), caption)
