"""What is found in an asset's file: size, faces, textures, and what an artist may want to mend."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Texture:
    """One picture that an asset uses."""

    file: str  # as the asset names it; the picture's own name if it is packed in the file
    size_wh: tuple[int, int]  # (0, 0) if it is missing
    outside: bool = False  # its path leaves the asset's folder


@dataclasses.dataclass(frozen=True)
class Facts:
    """What Blender finds in the file of one mesh. Lengths in units of the file, Z up."""

    size: tuple[float, float, float]  # extents of the bounding box along x, y, z
    centre: tuple[float, float, float]  # its middle
    faces: int  # triangles
    parts: tuple[str, ...]  # names of the objects, sorted
    materials: tuple[str, ...]  # names, sorted
    textures: tuple[Texture, ...]
    has_uvs: bool  # every textured part has them
    open_edges: int  # edges with a face on one side only
    tangled_edges: int  # edges with more than two faces
    flipped_share: float  # of the faces that look into their own closed part or against their neighbours, 0..1
    code: tuple[str, ...]  # scripts and drivers that were found, and were not run
    unit_m: float  # metres per unit, where the format says so; 1 where it does not
