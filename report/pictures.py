"""Pictures of the page: images with masks laid over them, as JPEG inside the page itself."""

import base64
import dataclasses
import io

from PIL import Image

from dataset.overlay import RGB


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture of the page."""

    uri: str  # the image itself, as a data URI
    alt: str
    caption: str
    size_wh: tuple[int, int]


def jpeg_uri(image: RGB, quality: int = 80) -> str:
    """Return an image (H, W, 3) as a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def picture(image: RGB, alt: str, caption: str) -> Picture:
    """Return an image (H, W, 3) as a picture of the page."""
    return Picture(jpeg_uri(image), alt, caption, (image.shape[1], image.shape[0]))
