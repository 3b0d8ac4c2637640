import dataclasses

from tests.train.squares import SMALL
from train.plan import Phase, plan_of


def test_phases_draw_from_their_own_shares_one_after_the_other():
    phases = (Phase((0.0, 1.0), 0.5), Phase((0.75, 0.25), 0.5))
    plan = plan_of(dataclasses.replace(SMALL, steps=24), phases, [3, 5], 1, None)
    assert plan.shape == (24, 4, 2)
    assert (plan[:12, :, 0] == 1).all()
    assert ((plan[12:, :, 0] == 0).sum(axis=1) == 3).all()
    one = plan_of(SMALL, (Phase((0.5, 0.5), 1.0),), [3, 5], 1, None)
    assert ((one[:, :, 0] == 0).sum(axis=1) == 2).all()
