"""Rules on an asset's mesh and pictures: scale, place, axes, faces, textures."""

from collections.abc import Iterator
from statistics import median

from render.audit.finding import LOOK, MEND, Case, Finding, length
from render.catalog import Asset

SIZES_M = {"hand": (0.05, 1.2), "person": (0.4, 2.6)}  # longest side that is believed, by role
ANY_SIZE_M = (0.004, 8.0)  # of all other roles
COMMON_M = 0.2  # longest side of an everyday thing, to guess a unit by
UNITS = ((0.001, "millimetres"), (0.01, "centimetres"))
PEER_FACTOR = 8.0  # larger or smaller than the median of its category
MIN_PEERS = 2
OFF_ORIGIN = 0.5  # of its longest side, from the origin to its bounding box
STANDS = 0.02  # of its longest side: how exactly a mesh stands on y = 0 when it was modelled Y up
MIN_HEIGHT = 0.3  # of its longest side; flatter things are not said to stand
INSIDE_OUT, SOME_FLIPPED = 0.5, 0.05  # share of the faces
HOLED = 0.002  # open or tangled edges of all
THINNEST_M = 0.0005
HUGE_PX, TOO_HUGE_PX = 4096, 8192  # longest side of a texture
TEXELS_A_PIXEL = 16  # of texture along a side for each pixel of its largest appearance
MANY_FACES, TOO_MANY_FACES = 200_000, 1_000_000
FACES_A_PIXEL, FEW_FACES = 2.0, 20_000  # of its largest appearance; fewer faces cost nothing


def scale(case: Case) -> Iterator[Finding]:
    """A mesh in millimetres is as large as a house."""
    if not case.longest_m:
        return
    low, high = SIZES_M.get(case.asset.role, ANY_SIZE_M)
    others = [max(peer.size_m) for peer in case.peers]
    usual = median(others) if len(others) >= MIN_PEERS else 0.0
    sides = dict(zip(case.asset.size_m, ("wide", "deep", "tall"), strict=True))
    is_large = f"{case.asset.id} is {length(case.longest_m)} {sides[case.longest_m]}"
    if not low <= case.longest_m <= high:
        yield Finding(MEND, f"{is_large}.", rescale(case, usual or COMMON_M))
    elif usual and not 1 / PEER_FACTOR <= case.longest_m / usual <= PEER_FACTOR:
        others_are = f"most others of its category {case.asset.category!r} are about {length(usual)}"
        yield Finding(LOOK, f"{is_large}, but {others_are}.", rescale(case, usual))


def rescale(case: Case, usual_m: float) -> str:
    """Return how to bring a mesh near its usual size."""
    if case.longest_m > usual_m:
        factor, unit = min(UNITS, key=lambda entry: away(case.longest_m * entry[0], usual_m))
        why, other = f"It was probably exported in {unit}", ", or export it in metres"
    else:
        factor = min((100.0, 1000.0), key=lambda f: away(case.longest_m * f, usual_m))
        why, other = "It was probably scaled down once too often", ", or export it again in metres"
    return f"{why}: set `scale = {case.asset.scale * factor:g}` in {case.sidecar}{other}."


def away(one: float, other: float) -> float:
    """Return by what factor two lengths differ, 1 or more."""
    return max(one / other, other / one)


def origin(case: Case) -> Iterator[Finding]:
    """An asset is placed and turned by its origin, so that a far one leaves the picture."""
    gaps = (max(0.0, abs(c) - s / 2) for c, s in zip(case.asset.centre_m, case.asset.size_m, strict=True))
    gap_m = sum(gap * gap for gap in gaps) ** 0.5
    if case.longest_m and gap_m > OFF_ORIGIN * case.longest_m:
        yield Finding(
            MEND,
            f"{case.asset.id} lies {length(gap_m)} away from its origin, the point it is placed and turned by.",
            "Move it to the middle of the scene and apply the move (in Blender: Object > Set Origin > Geometry to "
            "Origin), then export it again.",
        )


def up_axis(case: Case) -> Iterator[Finding]:
    """A mesh that was modelled Y up lies on its back."""
    if on_its_back(case.asset) or like_peers_when_turned(case):
        asks = "it stands upright in its pictures; if so there is nothing to do"
        turn = 'set `up = "y"`' if case.asset.up == "z" else "take out the line `up`"
        if case.asset.file.endswith((".obj", ".ply", ".stl")):
            how = f"Look whether {asks}. If it lies on its back, {turn} in {case.sidecar}."
        else:
            how = f"Look whether {asks}. If it lies on its back, turn it upright (Z up), apply it and export it again."
        yield Finding(LOOK, f"{case.asset.id} seems to lie on its back: Y looks like its upward axis.", how)


def on_its_back(asset: Asset) -> bool:
    """Return whether a person's height lies along Y, or a thing stands on y = 0 with its Z side evenly around 0."""
    (width, depth, height), (_, centre_y, centre_z) = asset.size_m, asset.centre_m
    slack = STANDS * max(asset.size_m)
    if asset.role == "person":
        return depth > height and depth > width
    stands = abs(centre_y - depth / 2) <= slack and depth >= MIN_HEIGHT * max(asset.size_m)
    return asset.role != "hand" and stands and abs(centre_z) <= slack and height > slack


def like_peers_when_turned(case: Case) -> bool:
    """Return whether its proportions are those of its category only if Y and Z change places."""
    if len(case.peers) < MIN_PEERS or min(case.asset.size_m) <= 0:
        return False
    usual = [median(peer.size_m[axis] / max(peer.size_m) for peer in case.peers) for axis in range(3)]
    x, y, z = (side / case.longest_m for side in case.asset.size_m)
    as_is, turned = (sum(abs(a - b) for a, b in zip(sides, usual, strict=True)) for sides in ((x, y, z), (x, z, y)))
    return as_is > 0.4 and turned < 0.25 * as_is


def normals(case: Case) -> Iterator[Finding]:
    """Faces that look inwards are dark, or not there at all in glass and rubber."""
    share = case.facts.flipped_share if case.facts else 0.0
    how = "In Blender: Edit Mode, select all, Mesh > Normals > Recalculate Outside (Shift N); then export it again."
    if share > INSIDE_OUT:
        yield Finding(MEND, f"{case.asset.id} is inside out: its faces look inwards.", how)
    elif share > SOME_FLIPPED:
        yield Finding(LOOK, f"{share:.0%} of the faces of {case.asset.id} look the wrong way.", how)


def closed(case: Case) -> Iterator[Finding]:
    """Holes matter only where light goes through the skin: cards, cloth and leaves are open on purpose."""
    if not case.facts or not case.uses.thin:
        return
    holes, tangled = case.facts.open_edges, case.facts.tangled_edges
    if holes + tangled > HOLED * 1.5 * case.facts.faces:
        yield Finding(
            LOOK,
            f"{case.asset.id} is not closed ({holes} edges at holes, {tangled} with three faces or more), and light "
            "shines through its skin.",
            "In Blender: Select > All by Trait > Non Manifold shows where; fill the holes (Alt F), export it again.",
        )


def falls(case: Case) -> Iterator[Finding]:
    """A sheet without thickness slips through what it falls onto; holes do no harm, a falling body is a convex hull."""
    thickness_m = min(case.asset.size_m)
    if case.uses.falls and case.longest_m and thickness_m < THINNEST_M:
        yield Finding(
            LOOK,
            f"{case.asset.id} is {length(thickness_m)} thick, and the recipes drop it: it may slip through the floor.",
            f"Give it a thickness of {length(THINNEST_M)} or more (in Blender: Modifiers > Solidify), export it again.",
        )


def faces(case: Case) -> Iterator[Finding]:
    """Faces that no pixel shows only cost time and memory."""
    count, pixels = case.asset.faces, case.seen.area_px[2]
    if case.asset.kind == "mesh" and case.facts and not count:
        yield Finding(MEND, f"{case.asset.id} has no faces, so nothing of it is seen.", "Export it again with faces.")
    enough = max(FEW_FACES, int(FACES_A_PIXEL * pixels)) if pixels else MANY_FACES
    if count <= enough:
        return
    large = f", but covers {pixels:,} pixels at most" if pixels else ""
    yield Finding(
        MEND if count > TOO_MANY_FACES else LOOK,
        f"{case.asset.id} has {count:,} triangles{large}.",
        f"In Blender: Modifiers > Decimate with a ratio of {enough / count:.2g} brings it to about {enough:,}, which "
        "looks the same and renders faster.",
    )


def textures(case: Case) -> Iterator[Finding]:
    """A missing picture is pink; a huge one fills the memory."""
    shown = TEXELS_A_PIXEL * case.seen.side_px
    for texture in case.facts.textures if case.facts else ():
        side = max(texture.size_wh)
        size = f"{texture.size_wh[0]} x {texture.size_wh[1]}"
        if texture.outside:
            yield Finding(
                MEND,
                f"The picture {texture.file} lies outside the folder of {case.asset.id}, where nobody else has it.",
                "Put it beside the mesh and name it without a path (in Blender: File > External Data > Pack All).",
            )
        elif not side:
            yield Finding(
                MEND,
                f"The picture {texture.file} is missing, so {case.asset.id} is pink or grey.",
                "Put the picture beside the mesh under exactly this name, or export it with its pictures packed.",
            )
        elif side > HUGE_PX or 0 < shown < side > HUGE_PX / 2:
            seen = f", though it is never seen larger than {case.seen.side_px} pixels" if shown else ""
            yield Finding(
                MEND if side > TOO_HUGE_PX else LOOK,
                f"The picture {texture.file} is {size} pixels{seen}.",
                f"Save it with {HUGE_PX // 2} pixels along its longer side: it looks the same here and takes "
                f"{(2 * side / HUGE_PX) ** 2:.0f} times less memory.",
            )


def uvs(case: Case) -> Iterator[Finding]:
    """Without a UV map nobody knows where on the mesh a picture goes."""
    if case.facts and case.facts.textures and not case.facts.has_uvs:
        yield Finding(
            MEND,
            f"{case.asset.id} has a picture on it but no UV map, so one colour of the picture covers all of it.",
            "In Blender: Edit Mode, select all, UV > Smart UV Project (or unwrap by hand); then export it with UVs.",
        )
