from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.store import Store


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(str(tmp_path / "deep" / "store") if request.param == "folder" else f"memory://{tmp_path.name}")


def test_a_blob_comes_back_and_the_later_one_stays(store: Store) -> None:
    store.put("frames/a.tar", b"first")
    store.put("frames/a.tar", b"second")
    assert store.get("frames/a.tar") == b"second"
    assert store.has("frames/a.tar")
    assert not store.has("frames/b.tar")


def test_names_are_sorted_and_those_of_one_folder(store: Store) -> None:
    for name in ("frames/b", "frames/a", "other/c"):
        store.put(name, b"")
    assert store.names("frames") == ["a", "b"]
    assert store.names("nothing") == []


def test_what_is_removed_is_gone_and_removing_it_again_does_no_harm(store: Store) -> None:
    store.put("frames/a", b"")
    store.remove("frames/a")
    store.remove("frames/a")
    assert store.names("frames") == []
    with pytest.raises(FileNotFoundError):
        store.get("frames/a")


def test_two_views_of_one_place_see_the_same(tmp_path: Path) -> None:
    first, second = Store(str(tmp_path)), Store(str(tmp_path))
    assert second.names("frames") == []
    first.put("frames/a", b"x")
    assert second.names("frames") == ["a"]


@pytest.mark.parametrize("address", ["nowhere://place", "s3-and-more://place"])
def test_an_address_that_nobody_knows_is_one_line(address: str) -> None:
    with pytest.raises(InputError, match=rf"the store '{address}' cannot be opened .*; mend shoot.store"):
        Store(address)
