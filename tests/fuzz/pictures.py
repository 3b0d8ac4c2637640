"""Pictures that are not what their name says: other formats and pixels, sizes of any kind, parts that are too long."""

import functools
import io
import struct
import zlib

import numpy as np
from hypothesis import strategies as st
from PIL import Image

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 30 20\n%%EndComments\nshowpage\n"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"/>'
STYLES = (
    *("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF", "PPM", "ICO", "TGA", "PCX", "SGI", "DDS", "EPS", "PDF", "JPEG2000"),
    *("IM", "MSP", "SPIDER", "XBM", "ICNS", "MPO", "AVIF"),
)
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "I;16", "F")
SIDES = (0, 1, 20, 30, 16_385, 65_536, 100_000, 2**31 - 1, 2**32 - 1)
TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf", b"pHYs", b"PLTE", b"tRNS", b"gAMA", b"acTL", b"IDAT")


@functools.cache
def others() -> list[bytes]:
    """Return small pictures of every format and kind of pixels that can be written here, and what is no picture."""
    pixels = np.random.default_rng(1).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    found = [POSTSCRIPT, DRAWING, b""]
    for style in STYLES:
        for mode in MODES:
            buffer = io.BytesIO()
            try:
                Image.fromarray(pixels).convert(mode).save(buffer, style)
            except (OSError, ValueError, KeyError):  # a pair that cannot be
                continue
            found.append(buffer.getvalue())
    return found


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@st.composite
def png_head(draw: st.DrawFn) -> bytes:
    """Return a PNG whose sums are right, and whose sizes, depth, kind and chunks are anything."""
    width, height = draw(st.sampled_from(SIDES)), draw(st.sampled_from(SIDES))
    kinds = (draw(st.sampled_from((1, 2, 4, 8, 16, 255))), draw(st.sampled_from((0, 2, 3, 4, 6, 7))), 0, 0)
    head = struct.pack(">II", width, height) + bytes((*kinds, draw(st.sampled_from((0, 1, 2)))))
    parts = [chunk(b"IHDR", head)]
    for _ in range(draw(st.integers(0, 3))):
        body = draw(st.binary(max_size=30) | st.just(b"a\0\0" + zlib.compress(bytes(2**21))))
        parts.append(chunk(draw(st.sampled_from(TEXTS)), body))
    parts.append(chunk(b"IDAT", zlib.compress(bytes(draw(st.sampled_from((0, 100, 1820, 2**20)))))))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def picture_file(_: bytes) -> st.SearchStrategy[bytes]:
    """Return a strategy of pictures that are something else than the valid one."""
    return st.sampled_from(others()) | png_head()
