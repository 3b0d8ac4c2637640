import pytest

from tests.mix.things import Project, samples


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path / "set-up")
    made.write("split/train.jsonl", samples("real", 6))
    made.write("split/val.jsonl", samples("real", 3, "val"))
    made.write("split/test.jsonl", samples("real", 3, "test"))
    made.write("renders/samples.jsonl", samples("render", 40))
    return made
