"""BOP's scene folders are read to the pixel, ours and those of the benchmark."""

import json
from pathlib import Path

import pytest

from dataset.formats import bop as export_bop
from dataset.formats.bop import find_bop, read_bop
from dataset.formats.folder import find_plain
from dataset.formats.listed import Defects
from dataset.known_formats import read_set
from pipeline.errors import InputError
from tests.dataset.formats.mask_sets import HEIGHT, ONE, TWO, WIDTH, photo, save


def scene(folder: Path, pictures: str = "rgb") -> Path:
    """Write a scene of three pictures as the benchmark has it: two objects, none, and one of which nothing is said."""
    for k in range(3):
        photo(folder / pictures / f"{k:06d}.jpg")
    for k, mask in enumerate((ONE, TWO)):
        save(folder / "mask_visib" / f"000000_{k:06d}.png", mask * 255)
        save(folder / "mask" / f"000000_{k:06d}.png", (mask > -1) * ONE)
    rows = [{"cam_R_m2c": [1, 0, 0, 0, 1, 0, 0, 0, 1], "cam_t_m2c": [0, 0, 9], "obj_id": number} for number in (5, 2)]
    (folder / "scene_gt.json").write_text(json.dumps({"0": rows, "1": []}), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("place", "pictures"), [("train_pbr/000000", "rgb"), ("000000", "gray"), ("", "rgb")])
def test_seen_masks_are_instances_named_by_their_object(tmp_path, place, pictures):
    root = tmp_path / "set"
    scene(root / place, pictures)
    (root / "models").mkdir()
    (root / "models" / "models_info.json").write_text('{"5": {"diameter": 31.5}}', encoding="utf-8")
    found = read_set(root, Defects(), "bop")
    assert found.categories == ("obj_000002", "obj_000005")
    first, empty, bare = found.photos
    ids, names = first.label.draw((HEIGHT, WIDTH))
    assert (ids.tolist(), names) == ((ONE + 2 * TWO).tolist(), ["obj_000005", "obj_000002"])
    assert (empty.labelled, empty.label.draw((HEIGHT, WIDTH))[1], bare.labelled) == (True, [], False)
    assert first.tags.get("subset") == ("train_pbr" if "/" in place else None)


def test_pictures_of_one_number_in_two_scenes_have_names_of_their_own(tmp_path):
    for number in (0, 1):
        scene(tmp_path / f"{number:06d}")
    defects = Defects()
    assert [each.id for each in read_set(tmp_path, defects).photos][::3] == ["000000_000000", "000001_000000"]
    assert not defects.found


@pytest.mark.parametrize("chunk", [2, 1000])
def test_an_export_comes_back_exactly(pictures, tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(export_bop, "CHUNK", chunk)
    found = read_bop(find_bop(pictures.export("bop", tmp_path / "out")))
    assert set(found.categories) == {"mug", "plate"}
    for sample, ids, each in zip(pictures.samples, pictures.ids, found.photos, strict=True):
        drawn, names = each.label.draw(ids.shape)
        assert (drawn == ids).all()
        assert names == [item.category for item in sample.instances]
        assert each.file.read_bytes() == (pictures.manifest.parent / sample.image).read_bytes()


FAULTY = {
    "no mask": (lambda f: (f / "mask_visib" / "000000_000001.png").unlink(), r"000000_000001\.png: is not there"),
    "no picture": (lambda f: (f / "rgb" / "000001.jpg").unlink(), "picture 1 is not in"),
    "no objects": (lambda f: (f / "scene_gt.json").write_text("[]"), "wanted objects a picture"),
    "an object without a number": (
        lambda f: (f / "scene_gt.json").write_text('{"0": [{"obj_id": "x"}]}'), "wanted objects a picture"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "message"), FAULTY.values(), ids=FAULTY)
def test_what_is_missing_is_named(tmp_path, spoil, message):
    spoil(scene(tmp_path / "000000"))
    with pytest.raises(InputError, match=message):
        read_bop(find_bop(tmp_path))


def test_folders_of_other_formats_are_none(tmp_path):
    photo(tmp_path / "000000" / "rgb" / "a.jpg")
    assert find_bop(tmp_path) is None
    (tmp_path / "scene_gt.json").touch()  # and no photos beside it
    assert find_bop(tmp_path) is None
    assert find_plain(scene(tmp_path / "other" / "000000").parent) is None
