"""A photo is found by the address that a tool on the web gave it, and never mistaken for another of its name."""

import pytest

from dataset.formats.photo_urls import PhotosBelow
from pipeline.errors import InputError


@pytest.fixture
def places(tmp_path) -> PhotosBelow:
    for name in (
        "images/mug.jpg", "images/my photo (1).jpg", "0a1b2c3d-lamp.png", "kitchen/a.jpg", "garden/a.jpg", "b.jpg",
        "garden/b.jpg", "images/ünder.jpg", ".hidden/c.jpg", "notes.txt",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return PhotosBelow.of(tmp_path)


@pytest.mark.parametrize(
    ("address", "file"),
    [
        pytest.param("/data/upload/1/3f9c2b1a-mug.jpg", "images/mug.jpg", id="an upload"),
        pytest.param("/data/upload/1/3f9c2b1a-my_photo_1.jpg", "images/my photo (1).jpg", id="one that was renamed"),
        pytest.param("/data/upload/2/0a1b2c3d-lamp.png", "0a1b2c3d-lamp.png", id="one that is called so on the disk"),
        pytest.param("/data/local-files/?d=set%2Fkitchen%2Fa.jpg", "kitchen/a.jpg", id="a local file"),
        pytest.param("/data/local-files/?d=garden/a.jpg", "garden/a.jpg", id="the other one of its name"),
        pytest.param("https://host.org/x/m%C3%BCg/mug.jpg?sig=a/b.jpg", "images/mug.jpg", id="a URL with a query"),
        pytest.param("https://host.org/%C3%BCnder.jpg", "images/ünder.jpg", id="a URL with an umlaut"),
        pytest.param("s3://bucket/2026/kitchen/a.jpg", "kitchen/a.jpg", id="a store"),
        pytest.param("C:\\photos\\garden\\a.jpg", "garden/a.jpg", id="a path of Windows"),
        pytest.param("b.jpg", "b.jpg", id="the whole path, where it also ends another one"),
    ],
)
def test_a_photo_is_found_by_the_end_of_its_address(places, address, file):
    assert places.named(address, "task 1") == places.root / file


@pytest.mark.parametrize(
    ("address", "message"),
    [
        pytest.param("/data/upload/1/3f9c2b1a-a.jpg", "may be .*garden/a.jpg or .*kitchen/a.jpg", id="two of a name"),
        pytest.param("/data/upload/1/3f9c2b1a-tree.jpg", "is nowhere in", id="none"),
        pytest.param("../../etc/passwd", "is nowhere in", id="no picture"),
        pytest.param("c.jpg", "is nowhere in", id="a hidden one"),
        pytest.param("", "is nowhere in", id="nothing"),
        pytest.param("http://[a/mug.jpg", "is no address", id="a broken address"),
    ],
)
def test_an_address_that_leads_nowhere_or_to_two_is_named(places, address, message):
    with pytest.raises(InputError, match=f"task 1: .*{message}"):
        places.named(address, "task 1")
