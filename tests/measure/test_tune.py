import dataclasses

import pytest

from measure.tune import Tune
from pipeline.errors import InputError
from pipeline.settings import build


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"resamples": 0}, "tune.resamples is 0, wanted 1 or more", id="nothing to draw"),
        pytest.param({"runs": 0.0}, "tune.runs is 0.0, wanted more than 0", id="no budget"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes, message):
    values = dataclasses.asdict(Tune(10, "mean", None, None, None)) | changes
    with pytest.raises(InputError, match=message):
        build(Tune, values, "tune", lambda _: "params.yaml")
