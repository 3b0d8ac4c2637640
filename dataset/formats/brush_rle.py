"""The runs in which Label Studio keeps a brush mask: a stream of bits, as a list of bytes.

The stream packs four bytes a pixel (red, green, blue, alpha), row by row, most significant bit first: the number of
bytes (32 bits), the bits of one less 1 (5), four lengths of a count less 1 (4 each); then packets of a bit that says
whether one byte is repeated, 2 bits that choose the length of the count, the count less 1, and that byte, or as many
bytes as counted. It ends with zeros to a whole byte. COCO's RLE has nothing to do with it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataset.formats.listed import BROKEN_LABEL, OTHER_SIZE, DefectError
from dataset.idmap import Mask

CHANNELS = 4
COUNT_BITS = (3, 4, 8, 16)  # as Label Studio writes them
WORD_BITS = 8
OPAQUE = 255  # what is fainter is hardly seen in Label Studio


class Bits:
    """Bytes that are read bit by bit, the most significant first."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, count: int) -> int:
        """Return the next `count` bits as a number. Raises EOFError where the bytes end before."""
        end = self.at + count
        if end > 8 * len(self.data):
            raise EOFError
        word = int.from_bytes(self.data[self.at // 8 : (end + 7) // 8], "big") >> (-end % 8)
        self.at = end
        return word & ((1 << count) - 1)

    def words(self, count: int) -> NDArray[np.uint8]:
        """Return the next `count` times 8 bits, (count,). Raises EOFError where the bytes end before."""
        first, shift = divmod(self.at, 8)
        self.at += 8 * count
        if self.at > 8 * len(self.data):
            raise EOFError
        parts = np.frombuffer(self.data[first : first + count + 1].ljust(count + 1, b"\0"), np.uint8).astype(np.uint16)
        return (((parts[:-1] << 8 | parts[1:]) >> (8 - shift)) & 255).astype(np.uint8)


def decode(rle: Any, size_hw: tuple[int, int], where: str) -> Mask:
    """Return the mask (H, W) of a brush: the pixels at least half as opaque as its most opaque one.

    A brush leaves soft edges, and tools that import masks write 1 in place of 255. Raises InputError, beginning with
    `where`, when it is no such stream of bytes, or not of this size.
    """
    height, width = size_hw
    try:
        bits = Bits(bytes(rle if isinstance(rle, list) else []))  # bytes(9) would be nine zeros
        if (count := bits.number(32)) != CHANNELS * height * width:
            raise DefectError(
                OTHER_SIZE,
                f"{where}: its brush mask holds {count} bytes, wanted {CHANNELS} for each of {width} x {height} "
                "pixels; export it again",
            )
        alpha = unpacked(bits, count)[CHANNELS - 1 :: CHANNELS].reshape(size_hw)
    except (TypeError, ValueError, EOFError, OverflowError):
        raise DefectError(
            BROKEN_LABEL, f"{where}: its brush mask is broken, wanted the bytes of Label Studio's RLE; export it again"
        ) from None
    return np.asarray(alpha >= max(1, (int(alpha.max(initial=0)) + 1) // 2))


def unpacked(bits: Bits, count: int) -> NDArray[np.uint8]:
    """Return the `count` bytes that a stream packs behind their number. Raises ValueError or EOFError where it errs."""
    if bits.number(5) + 1 != WORD_BITS:
        raise ValueError("another size of words")
    count_bits = [bits.number(4) + 1 for _ in COUNT_BITS]
    values, done = np.empty(count, np.uint8), 0
    while done < count:
        repeats = bits.number(1)
        end = done + bits.number(count_bits[bits.number(2)]) + 1
        if end > count:
            raise ValueError("more bytes than it says")
        values[done:end] = bits.number(WORD_BITS) if repeats else bits.words(end - done)
        done = end
    return values


def encode(mask: Mask) -> list[int]:
    """Return a mask (H, W) as Label Studio takes it, its pixels opaque."""
    flat = mask.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts = [0, *edges.tolist()] if flat.size else []
    lengths = np.diff([*starts, flat.size]) * CHANNELS
    packets = [
        packet
        for start, length in zip(starts, lengths.tolist(), strict=True)
        for packet in packets_of(length, OPAQUE if flat[start] else 0)
    ]
    head = f"{flat.size * CHANNELS:032b}{WORD_BITS - 1:05b}" + "".join(f"{bits - 1:04b}" for bits in COUNT_BITS)
    text = head + "".join(packets)
    text += "0" * (8 - len(text) % 8)  # a whole byte where none is needed, as Label Studio's own do
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))


def packets_of(length: int, value: int) -> Iterator[str]:
    """Yield the packets, as bits, that repeat a byte `length` times."""
    choice = next((k for k, bits in enumerate(COUNT_BITS) if length <= 1 << bits), len(COUNT_BITS) - 1)
    most = 1 << COUNT_BITS[choice]
    while length > 0:
        count = min(length, most)
        yield f"1{choice:02b}{count - 1:0{COUNT_BITS[choice]}b}{value:08b}"
        length -= count
