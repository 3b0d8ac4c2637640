"""Nothing that is not real is measured on, and no photo is in two splits."""

import pytest

from dataset.guards import no_overlap, only_real
from dataset.records import Sample
from pipeline.errors import InputError


def sample(name: str, domain: str = "real", group: str = "") -> Sample:
    return Sample(name, domain, "i", "m", (1, 1), (), "set", "CC0-1.0", group)


@pytest.mark.parametrize("split", ["val", "test", "home", "more_val.newest"])
def test_a_render_is_refused_where_scores_are_taken(split):
    with pytest.raises(InputError, match=f"{split}: the sample r1 is a render"):
        only_real([sample("a"), sample("r1", "render")], split)


def test_a_render_may_be_trained_on():
    only_real([sample("a"), sample("r1", "render")], "train")


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        pytest.param(sample("a"), sample("a"), "test: the sample a is in train too", id="the same photo"),
        pytest.param(
            sample("a", group="burst=1"), sample("b", group="burst=1"), "the group burst=1", id="two of a burst"
        ),
    ],
)
def test_what_is_in_two_splits_is_refused(first, second, message):
    with pytest.raises(InputError, match=message):
        no_overlap(train=[first], val=[sample("v")], test=[second])


def test_photos_without_a_group_stand_alone_and_a_group_may_fill_one_split():
    no_overlap(train=[sample("a"), sample("b", group="g"), sample("c", group="g")], val=[sample("d")])
