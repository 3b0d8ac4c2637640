import os
from pathlib import Path

import pytest

from pipeline.engine import actor_of, each, engine
from pipeline.errors import InputError


class Echo:
    """Answers with its process and its item; dies at "die" the first time, makes a mistake at "wrong"."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def run(self, item: str) -> tuple[int, str]:
        if item == "wrong":
            raise InputError("a.txt: found nothing, wanted words; write some")
        if item == "die" and not (self.folder / "died").exists():
            (self.folder / "died").touch()
            os._exit(1)
        return os.getpid(), item


@pytest.fixture(scope="module", autouse=True)
def _ray() -> object:
    with engine(2) as workers:
        assert workers == 2
        yield


@pytest.mark.slow
def test_every_item_comes_back_once_though_a_worker_died(tmp_path: Path) -> None:
    items = ["a", "die", "b", "c", "d"]
    found = list(each(items, actor_of(Echo, str(tmp_path)), workers=2, recycle=100))
    assert (tmp_path / "died").exists()
    assert sorted(item for item, _ in found) == sorted(items)
    assert all(result[1] == item for item, result in found)


@pytest.mark.slow
def test_a_worker_is_replaced_after_so_many_items(tmp_path: Path) -> None:
    found = list(each("abcdef", actor_of(Echo, str(tmp_path)), workers=1, recycle=2))
    assert len({process for _, (process, _) in found}) == 3


@pytest.mark.slow
def test_a_users_mistake_in_a_worker_arrives_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list(each(["wrong"], actor_of(Echo, str(tmp_path)), workers=1, recycle=9))
    assert str(caught.value) == "a.txt: found nothing, wanted words; write some"


def test_no_item_starts_nothing_that_stays(tmp_path: Path) -> None:
    assert list(each([], actor_of(Echo, str(tmp_path)), workers=2, recycle=9)) == []
