import dataclasses

import numpy as np

from tests.train.scoring.things import sure_of
from train.scoring.photo import score_photo
from train.scoring.ranking import most_uncertain
from train.scoring.records import FOREGROUND, PhotoScore, Pixels, Scores


def photo(name: str, sureness: float) -> PhotoScore:
    nothing = np.zeros((8, 8), np.uint8)
    found = score_photo(sure_of(nothing, 1, sureness), nothing.astype(np.uint16), (), ("board",))
    return dataclasses.replace(found, id=name)


def test_the_least_sure_photo_comes_first_and_one_without_details_not_at_all():
    bare = PhotoScore("bare", "", {FOREGROUND: Pixels(0, 9)})
    photos = (photo("sure", 0.99), bare, photo("b", 0.6), photo("a", 0.6), photo("unsure", 0.51))
    found = most_uncertain(Scores("val", 0.5, 1, 1, 1, photos), 3)
    assert [each.id for each in found] == ["unsure", "a", "b"]
