"""Pages of this room's commands: whole in one file, every text escaped, pictures inside."""

import base64
import dataclasses
import io
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dataset.overlay import small

FOLDER = Path(__file__).parent
SIDE_PX = 320


@dataclasses.dataclass(frozen=True)
class SetPicture:
    """A photo on a page."""

    uri: str  # the picture itself, as a data URI
    caption: str


def uri_of(image: NDArray[np.uint8]) -> str:
    """Return an image (H, W, 3), made small, as a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(small(image, SIDE_PX)).save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def rendered(template: str, **words: Any) -> str:
    """Return a page. template: a file of this folder."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template(template).render(**words) + "\n"
