"""`admix freeze-test`: write down which photos and labels are the test set, so that nothing else can change it."""

import sys
from pathlib import Path

from mix.filling import fill
from mix.frozen import check_rule, frozen_again, read_frozen, sums_in, write_frozen
from mix.rules import Split
from mix.split import read_groups
from pipeline.errors import InputError
from pipeline.stage import run_stage

FROZEN_ONES, ANEW = "frozen", "anew"  # which photos are taken


def main(settings: Split, photos: Path, frozen: Path, why: str, take: str) -> None:
    """Write the test set and the reason.

    photos: the folder that stage ingest wrote. frozen: the file, which may be there already. take: "anew" draws the
    photos by split.test; "frozen" keeps those that are frozen and still there, as they are now, and draws where none
    are. Raises InputError without a reason.
    """
    if not why.strip():
        raise InputError("--why is empty, wanted the reason in words; it is written beside the test set")
    before = read_frozen(frozen)
    rule = settings.test.plain
    if before and take == FROZEN_ONES:
        check_rule(before, rule, frozen)
        names = list(before.photos)
    else:
        names = [photo.id for photo in fill(read_groups(settings, photos), settings)["test"]]
    sums = sums_in(photos, names)
    if not sums:
        raise InputError(f"{photos}: none of the {len(names)} frozen photos is left; draw the test set with --anew")
    after = frozen_again(before, rule, sums, why.strip())
    write_frozen(frozen, after)
    step = after.history[-1]
    said = f"{step.added} added, {step.gone} gone, {step.changed} changed"
    sys.stderr.write(f"freeze-test: {frozen} holds {step.photos} photos: {said}\n")


if __name__ == "__main__":
    run_stage(main)
