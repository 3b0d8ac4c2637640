import dataclasses

import pytest

from train.settings import Fit

SMALL = Fit("tf_efficientnet_lite0", "FPN", 64, 2, 2, 2, 0.001, 0.0001)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"steps": 0}, "steps is 0, wanted more than 0", id="no step"),
        pytest.param({"batch": -1}, "batch is -1, wanted more than 0", id="a negative batch"),
        pytest.param({"learning_rate": float("nan")}, "learning_rate is nan", id="no number"),
        pytest.param({"img_size": 100}, "img_size is 100, wanted a multiple of 32", id="a size that halves unevenly"),
        pytest.param({"accumulate": 3}, "batch is 2, wanted a multiple of accumulate, 3", id="parts of a photo"),
        pytest.param({"ema": 1.0}, "ema is 1.0, wanted null, or a decay", id="an average that never moves"),
        pytest.param({"freeze": -1}, "freeze is -1", id="negative levels"),
        pytest.param({"patience": 0}, "patience is 0, wanted null, or 1 or more", id="no patience at all"),
        pytest.param({"checkpoint_steps": 0}, "checkpoint_steps is 0", id="a checkpoint after no step"),
        pytest.param({"loss": "ce+dise"}, "loss is 'ce\\+dise', wanted a sum of ce, focal, dice", id="unknown loss"),
        pytest.param({"loss": "ce+ce"}, "each once", id="a loss twice"),
        pytest.param({"class_weights": "rare"}, "wanted one of: none, root, inverse", id="unknown weights"),
        pytest.param({"sampling": "uneven"}, "wanted one of: even, by category", id="unknown sampling"),
        pytest.param({"weight_decay": -0.1}, "weight_decay is -0.1, wanted 0 or more", id="negative decay"),
    ],
)
def test_settings_that_cannot_train_are_refused(changes: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **changes)
