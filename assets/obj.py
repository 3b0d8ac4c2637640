"""Write shapes as OBJ + MTL + PNG: the same bytes for the same shapes."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from assets.meshes import Points, Shape
from render.blender.develop import to_linear

SMOOTH_DEG = 40  # edges sharper than this stay edges


@dataclasses.dataclass(frozen=True)
class Material:
    """How a part looks. The name is its role, by which a renderer may vary it."""

    name: str
    colour: str = "#ffffff"  # sRGB, as screens and painters have it
    shine: int = 30  # MTL's Ns, 0 dull to 900 mirror-like
    picture: Image.Image | None = None  # texture


@dataclasses.dataclass(frozen=True)
class Part:
    """One surface of one material, belonging to the OBJ object `name`."""

    name: str
    material: Material
    shape: Shape


@dataclasses.dataclass(frozen=True)
class Made:
    """A mesh that was written, as the catalogue needs to know it."""

    id: str
    file: Path
    role: str
    source: str
    category: str = ""
    labelled: tuple[str, ...] = ()


def write_unlabelled(folder: Path, meshes: Mapping[str, Sequence[Part]], role: str, source: str) -> list[Made]:
    """Write meshes by name into `folder`, all of one role that carries no label."""
    return [Made(name, write_mesh(folder / f"{name}.obj", parts), role, source) for name, parts in meshes.items()]


def write_mesh(path: Path, parts: Sequence[Part]) -> Path:
    """Write the parts to `path` (.obj), their materials and textures beside it; parts of one name are one object."""
    materials = {part.material.name: part.material for part in parts}
    write_materials(path.with_suffix(".mtl"), list(materials.values()))
    lines = [f"mtllib {path.stem}.mtl"]
    counts = np.zeros(3, dtype=int)
    name = ""
    for part in parts:
        if part.name != name:
            name = part.name
            lines.append(f"o {name}")
        block, used = surface(part.shape, counts, part.material.picture is not None)
        counts += used
        lines += [*block[0], f"usemtl {part.material.name}", "s 1", *block[1]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return path


def surface(shape: Shape, before: Points, textured: bool) -> tuple[tuple[list[str], list[str]], Points]:
    """Return the OBJ lines of a shape's numbers and of its faces, and how many points, UVs and normals it adds.

    before: how many of each the file holds already; OBJ counts through the whole file, from 1.
    """
    uvs = [uv for face in shape.uvs for uv in face] if textured else []
    normal_lines, normal_at = unique([f"vn {texts(n, 3)}" for n in corner_normals(shape)])
    uv_lines, uv_at = unique([f"vt {texts(uv, 5)}" for uv in uvs])
    faces, corner = [], 0
    for face in shape.faces:
        words = []
        for point in face:
            uv = str(uv_at[corner] + before[1] + 1) if uvs else ""
            words.append(f"{point + before[0] + 1}/{uv}/{normal_at[corner] + before[2] + 1}")
            corner += 1
        faces.append("f " + " ".join(words))
    numbers = [f"v {texts(point, 5)}" for point in shape.points] + uv_lines + normal_lines
    return (numbers, faces), np.array([len(shape.points), len(uv_lines), len(normal_lines)])


def corner_normals(shape: Shape) -> Points:
    """Return the normal of every corner of every face in order, (N, 3), at length 1.

    It is the point's own, or else the mean, by area, of the faces around the point that no sharp edge parts from this.
    """
    corners = [(number, point) for number, face in enumerate(shape.faces) for point in face]
    if shape.normals is not None:
        return shape.normals[[point for _, point in corners]]
    around: dict[int, list[int]] = {}
    for number, point in corners:
        around.setdefault(point, []).append(number)
    pairs = [(at, own, other) for at, (own, point) in enumerate(corners) for other in around[point]]
    at, own, other = np.array(pairs).T
    areas = np.array([face_area(shape.points[list(face)]) for face in shape.faces])
    units = areas / np.maximum(np.linalg.norm(areas, axis=1, keepdims=True), 1e-15)
    smooth = ((units[own] * units[other]).sum(axis=1) > np.cos(np.radians(SMOOTH_DEG))) | (own == other)
    total = np.zeros((len(corners), 3))
    np.add.at(total, at[smooth], areas[other[smooth]])
    normals: Points = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-15)
    return normals


def face_area(points: Points) -> Points:
    """Return a face's normal times twice its area."""
    from_first = points - points[0]  # small numbers: no digits are lost
    area: Points = np.cross(from_first, np.roll(from_first, -1, axis=0)).sum(axis=0)
    return area


def unique(lines: list[str]) -> tuple[list[str], list[int]]:
    """Return the lines once each in order of first sight, and for every given line its place among them."""
    places = {line: place for place, line in enumerate(dict.fromkeys(lines))}
    return list(places), [places[line] for line in lines]


def texts(values: Sequence[float] | Points, digits: int) -> str:
    """Return numbers with so many decimals and no negative zero."""
    return " ".join(f"{round(float(value), digits) + 0.0:.{digits}f}" for value in values)


def write_materials(path: Path, materials: Sequence[Material]) -> None:
    """Write an MTL file and its textures."""
    lines = []
    for material in materials:
        lines += [
            f"newmtl {material.name}",
            f"Kd {texts(linear(material.colour), 4)}",
            f"Ns {material.shine}",
            "illum 2",
        ]
        if material.picture is not None:
            picture = path.with_name(f"{path.stem}-{material.name}.png")
            material.picture.save(picture, optimize=True)
            lines.append(f"map_Kd {picture.name}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def linear(colour: str) -> Points:
    """Return an sRGB colour such as #ffcc00 as light, (3,) in 0..1, which is what Blender takes Kd for."""
    return to_linear(np.array(ImageColor.getrgb(colour)) / 255)


def two_tone(dark: NDArray[np.bool_], colours: tuple[str, str]) -> Image.Image:
    """Return an RGB picture of dark and light, in these two colours. dark: (H, W), the first row at the top."""
    picture = Image.fromarray(dark.astype(np.uint8), mode="P")
    picture.putpalette([channel for colour in colours[::-1] for channel in ImageColor.getrgb(colour)])
    return picture.convert("RGB")
