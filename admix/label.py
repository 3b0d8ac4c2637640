"""The commands of the label room: where the next hour of human labelling goes."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from admix.commands import FILE, Command, Commands, flags
from pipeline.stage import one_line_errors, run_stage


@click.group(cls=Commands)
def label() -> None:
    """Say where the next hour of human labelling goes."""


def command(example: str) -> Callable[[Callable[..., None]], click.Command]:
    """Return what makes a command of the group of a function, with an example for its help."""
    return label.command(cls=Command, example=example)


NEW_FOLDER = click.option("--out", required=True, type=FILE, help="a new folder, or an earlier one of this command")
FRAMES = click.option(
    "--frames", required=True, type=FILE, help="a folder of the frames of one clip, in the order of their names"
)
STYLES = (
    "coco",
    "cvat",
    "label_studio",
    "labelme",
    "datumaro",
    "supervisely",
)  # as of label.prelabel, which is slow to load


@command("admix label prelabel --predictions predictions --photos ~/photos --style label_studio --out proposals")
@click.option("--predictions", required=True, help="what `admix predict` wrote")
@click.option("--photos", required=True, help="the folder of photos that was predicted")
@click.option("--style", required=True, type=click.Choice(STYLES), help="the format of the labelling tool")
@click.option("--out", required=True, help="a new folder, or an earlier one of this command")
def prelabel(**words: str) -> None:
    """Write predictions as proposals that people correct in a labelling tool."""
    from label.prelabel import main

    run_stage(main, flags(words))


@command("admix label prelabel-back --sent proposals --back project-1.json --out corrected")
@click.option("--sent", required=True, help="what `admix label prelabel` wrote")
@click.option("--back", required=True, help="what the tool exported: a file, a folder or an archive")
@click.option("--out", required=True, help="a new folder, or an earlier one of this command")
def prelabel_back(**words: str) -> None:
    """Take corrected proposals back: what counts as labels, what was changed, and how long it took."""
    from label.prelabel_back import main

    run_stage(main, flags(words))


@command(
    "admix label check-tasks --tasks proposals/for_people/tasks.json --config proposals/for_people/label_config.xml"
)
@click.option("--tasks", required=True, type=FILE, help="tasks with predictions, as JSON")
@click.option("--config", required=True, type=FILE, help="the labelling configuration of the project, as XML")
def check_tasks(tasks: Path, config: Path) -> None:
    """Say whether Label Studio will show the predictions of a file, whoever wrote it."""
    from label.prelabels import task_check

    with one_line_errors():
        count = task_check.check_tasks(tasks, task_check.controls_in(config))
    sys.stdout.write(f"ok: {count} regions of predictions in {tasks}\n")


@command("admix label audit --samples data/boards/photos/samples.jsonl --predictions predictions --out audit")
@click.option("--samples", required=True, help="a manifest of labelled photos")
@click.option("--predictions", required=True, help="what `admix predict` wrote, of a run that saw none of these photos")
@click.option("--out", required=True, help="a new folder, or an earlier one of this command")
def audit(**words: str) -> None:
    """Find labels that are likely wrong, each kind of error in a queue of its own."""
    from label.audit import main

    run_stage(main, flags(words))


@command("admix label pick --predictions predictions --photos ~/photos --out next")
@click.option("--predictions", required=True, multiple=True, type=FILE, help="of `admix predict`; once a network")
@click.option("--photos", required=True, type=FILE, help="the folder of photos that was predicted")
@click.option("--labelled", type=FILE, help="manifest of the photos that are labelled already")
@click.option("--before", type=FILE, help="predictions of the round before: says when to stop")
@click.option("--simulated", type=FILE, help="wins.json of `admix label simulate`: says whether it beats chance")
@NEW_FOLDER
def pick(**order: Any) -> None:
    """Say which photos to label next, with the reason, the minutes, and a control by chance."""
    from label.pick import Pick, main
    from pipeline.costs import Costs
    from pipeline.settings import read_settings

    main(read_settings(Pick), read_settings(Costs), **order)


@command("admix label simulate --photos data/boards/photos/samples.jsonl --out simulated")
@click.option("--photos", required=True, help="manifest of labelled photos, whose labels are hidden and revealed")
@click.option("--renders", help="manifest of renders that every training takes as well, by simulate.ratio")
@click.option("--out", required=True, help="a folder; what is done there is found again")
def simulate(**words: str) -> None:
    """Say which way of picking photos would have been worth it, or that none was."""
    from benchmarks.label.simulate import main

    run_stage(main, flags(words))


@command(
    "admix label pseudo --predictions predictions --photos ~/photos --on-val on-val --val data/boards/split/val.jsonl "
    "--test data/boards/split/test.jsonl --train data/boards/split/train.jsonl --out sources/boards/pseudo"
)
@click.option("--predictions", required=True, help="of `admix predict`, of photos that nobody labelled")
@click.option("--photos", required=True, help="the folder of these photos")
@click.option("--on-val", required=True, help="the same network's predictions of the folder of the val photos")
@click.option("--val", required=True, help="manifest of the val photos, whose labels certify what is taken")
@click.option("--test", required=True, help="manifest of the test photos, which are kept out")
@click.option("--train", required=True, help="manifest of the photos that people labelled, which are kept out")
@click.option("--out", required=True, help="sources/SETUP/pseudo; an earlier round there is replaced")
def pseudo(**words: str) -> None:
    """Make training samples of what a network is sure of, with no label by a person."""
    from label.pseudo import main

    run_stage(main, flags(words))


@command("admix label route --predictions predictions --photos photos --checks checks.jsonl --out routes")
@click.option("--predictions", required=True, type=FILE, help="what `admix predict` wrote")
@click.option(
    "--checks", type=FILE, help="answers of people to lines of to_check.jsonl; without, nothing is checked yet"
)
@click.option("--certificate", type=FILE, help="of earlier photos, in place of checks")
@click.option("--photos", type=FILE, help="the folder that was predicted, for a page to check on")
@NEW_FOLDER
def route(**words: Any) -> None:
    """Say which predicted objects need nobody, with a guarantee, and which one or three people look at."""
    from label.route import main

    run_stage(main, flags(words))


@command("admix label consensus --crew crew --out agreed")
@click.option("--crew", required=True, type=FILE, help="a folder of folders, each what `admix ingest` wrote of one")
@click.option("--predictions", type=FILE, help="what `admix predict` wrote for the same photos: one more vote")
@click.option("--golden", type=FILE, help="known labels of some of the photos, in the same form")
@NEW_FOLDER
def consensus(**words: Any) -> None:
    """Make one set of labels of several annotators', and say how each of them draws."""
    from label.consensus import main

    run_stage(main, flags(words))


@command("admix label weak --photos photos --category 'qr code' --out sources/qr/weak")
@click.option("--photos", required=True, type=FILE, help="any folder of photos")
@click.option("--category", required=True, help="what is labelled")
@click.option("--functions", type=FILE, help="a Python file of your own with functions label_NAME(image); it is run")
@click.option("--predictions", type=FILE, help="what `admix predict` wrote for the same photos: one more function")
@NEW_FOLDER
def weak(**words: Any) -> None:
    """Label photos by rules and detectors that vote, as a further source of the mix."""
    from label.weak import main

    run_stage(main, flags(words))


@command("admix label keyframes --frames clip --out keys")
@FRAMES
@click.option("--predictions", type=FILE, help="what `admix predict` wrote of them: its features count as change too")
@NEW_FOLDER
def keyframes(**words: Any) -> None:
    """Say which frames of a clip to label, so that the others can be done from them."""
    from label.keyframes import main

    run_stage(main, flags(words))


@command("admix label video --frames clip --keys labelled --asked keys/keyframes.json --out tracks")
@FRAMES
@click.option("--keys", required=True, type=FILE, help="labels of some frames: a manifest, or a tool's file or folder")
@click.option("--asked", type=FILE, help="keyframes.json, which knows the frames of chance")
@click.option(
    "--predictions", type=FILE, help="what `admix predict` wrote of the frames, for where its masks are better"
)
@NEW_FOLDER
def video(**words: Any) -> None:
    """Carry the labels of a few frames to all others, and say which frame to label next."""
    from label.video import main

    run_stage(main, flags(words))


@command("admix label click-train --samples data/boards/renders/samples.jsonl --out clicks")
@click.option(
    "--samples", required=True, multiple=True, type=FILE, help="a manifest of renders or labelled photos; once each"
)
@NEW_FOLDER
def click_train(samples: tuple[Path, ...], out: Path) -> None:
    """Teach a network to mark one object from clicks, a box or a mask to mend, on objects of known outline."""
    from pipeline.settings import read_settings
    from train.clicks.settings import Click
    from train.clicks.teach import main
    from train.settings import Fit

    with one_line_errors():
        main(read_settings(Click), read_settings(Fit), samples, out)


@command("admix label click-serve --run clicks --photos ~/photos")
@click.option("--run", required=True, type=FILE, help="what `admix label click-train` wrote")
@click.option("--photos", required=True, type=FILE, help="the folder of the photos that the project labels")
@click.option("--host", default="127.0.0.1", show_default=True, help="another one needs a token")
@click.option("--port", default=9090, show_default=True, type=click.IntRange(0, 65535), help="0 = any that is free")
@click.option("--token-file", type=FILE, help="a file with the token that callers must give")
def click_serve(run: Path, photos: Path, host: str, port: int, token_file: Path | None) -> None:
    """Answer clicks and boxes in Label Studio with masks, as its ML backend."""
    from label.click_serve import main

    def load() -> tuple[Any, str]:
        """Return what answers, and its version: the beginning of the weights' checksum."""
        from pipeline.files import sha256_of
        from train.clicks.answer import load_segmenter
        from train.run import WEIGHTS

        return load_segmenter(run).segment, f"admix-{sha256_of(run / WEIGHTS)[:12]}"

    with one_line_errors():
        main(load, photos, host, port, token_file)
