"""The commands for people. Each imports what it needs only when it runs, so that `admix --help` comes at once."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from admix.commands import FILE, Command, Commands, flags
from admix.label import label
from pipeline.errors import one_line
from pipeline.stage import one_line_errors, run_stage

EXPORTS = (  # the names of dataset.export.FORMATS, which takes long to import
    "bop",
    "coco",
    "cvat",
    "datumaro",
    "label_studio",
    "labelme",
    "png",
    "supervisely",
    "voc",
    "webdataset",
    "yolo",
)
ROLES = ("distractor", "hand", "light", "person", "surface", "target")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def admix() -> None:
    """How much is synthetic data worth to you, at which ratio, and what should you do next?

    'make repro' answers that for a whole project; these commands do the rest. Run them in the project's folder.
    """


def command(example: str) -> Callable[[Callable[..., None]], click.Command]:
    """Return what makes a command of a function, with an example for its help."""
    return admix.command(cls=Command, example=example)


@command("admix add ~/Downloads/mug.glb --category mug --licence CC-BY-4.0 --source 'Ada Example, example.com'")
@click.argument("path", type=FILE)
@click.option("--licence", required=True, help="by its SPDX name, such as CC0-1.0")
@click.option("--source", required=True, help="who made it, or its address")
@click.option("--category", default="", help="what a target is labelled")
@click.option("--role", type=click.Choice(ROLES), help="target with a category, else distractor")
@click.option("--name", "id", default="", help="its name; else that of the file, or of its folder")
@click.option("--unit", type=click.Choice(("m", "cm", "mm")), help="of the file; else it is found out")
@click.option("--up", type=click.Choice(("y", "z")), help="upward axis of an OBJ, PLY or STL; else z")
@click.option("--labelled", multiple=True, help="a part that is labelled; else all are")
@click.option("--weight", default=1.0, help="how often it is drawn against others")
@click.option("--replace", is_flag=True, help="take the place of the asset of this name")
@click.option("--assets", default=Path("assets"), type=FILE, show_default=True)
def add(**order: Any) -> None:
    """Add an asset to the project, or every asset of a folder.

    PATH is a mesh, an environment map, a folder or archive (.zip, .tar.gz) of one, or a folder of such folders.
    """
    from render.add import Order, add_all

    add_all(Order(**{key: value for key, value in order.items() if value is not None}))


@command("admix assets")
@click.option("--assets", default="assets", show_default=True)
@click.option("--data", default="data", help="the renders that the assets are shown in", show_default=True)
@click.option("--out", default="reports/assets.html", show_default=True)
def assets(**words: str) -> None:
    """Check every asset, render it, and write the page that shows them."""
    from render.gallery import main

    run_stage(main, flags(words))


@command("admix mend")
@click.option("--assets", default="assets", show_default=True)
def mend(**words: str) -> None:
    """Measure every asset again, and change nothing else."""
    from render.mend import main

    run_stage(main, flags(words))


@command("admix ingest ~/Downloads/cvat-export --check")
@click.argument("folder", type=FILE)
@click.option("--format", "style", default="auto", help="the labels' format; else it is found out", show_default=True)
@click.option("--check", is_flag=True, help="say all that is wrong with the set, and change nothing")
@click.option("--page", type=FILE, help="with --check: write the report as a page with pictures, too")
@click.option("--out", type=FILE, help="without --check: a new folder for the samples")
def ingest(folder: Path, style: str, check: bool, page: Path | None, out: Path | None) -> None:
    """Read labelled photos in whichever format they are, and say what was found.

    What stands in the section ingest of params.yaml and the set-up in force holds here too. `make repro REAL=FOLDER`
    reads them in the same way by itself.
    """
    import dataclasses

    from mix import check_set
    from mix import ingest as stage
    from mix.labelled import Ingest
    from pipeline.settings import read_settings

    if check == bool(out) or (page and not check):
        raise click.UsageError("wanted either --check, with or without --page, or --out")
    settings = read_settings(Ingest)
    if style != "auto":
        settings = dataclasses.replace(settings, format=style)
    if out:
        stage.main(settings, folder, out)
    else:
        check_set.main(settings, folder, page)


@command("admix export --samples data/boards/renders/samples.jsonl --format coco --out exported")
@click.option("--samples", required=True, type=FILE, help="a manifest of photos or renders")
@click.option("--format", "style", required=True, type=click.Choice(EXPORTS))
@click.option("--out", required=True, type=FILE, help="a new folder, or an earlier export to replace")
@click.option("--categories", type=FILE, help="categories.json: the names in the order of their numbers")
@click.option(
    "--credits", "credits_file", type=FILE, help="licences of the assets; else credits.json beside the samples"
)
@click.option("--scenes", type=FILE, help="bop: scenes.jsonl of the renders, for cameras and poses")
def export(**order: Any) -> None:
    """Write samples and their licences for other tools."""
    from dataset.export import main

    main(**order)


@command("admix predict --run data/boards/picked --photos ~/photos --out predictions")
@click.option("--run", required=True, help="the folder of a training, such as data/boards/picked")
@click.option("--photos", required=True, help="any folder of photos")
@click.option("--out", required=True, help="a new folder, or an earlier one of this command")
def predict(**words: str) -> None:
    """Write what a trained network sees in any photos."""
    from train.predict import main

    run_stage(main, flags(words))


@command("admix freeze-test --why 'the 40 photos of the second hall, labelled twice'")
@click.option("--why", required=True, help="the reason, which is written beside the test set")
@click.option("--anew", is_flag=True, help="draw the photos again, by split.test; else those that are frozen stay")
def freeze_test(why: str, anew: bool) -> None:
    """Freeze the test set of the set-up in force, or change a frozen one.

    From then on the stage split refuses whatever would change it, and keeps its photos out of all else.
    """
    from mix.freeze import ANEW, FROZEN_ONES, main
    from pipeline.settings import read_choice

    setup = read_choice("setup")
    paths = {"photos": f"data/{setup}/photos", "frozen": f"setups/frozen/{setup}.json"}
    run_stage(main, flags(paths | {"why": why, "take": ANEW if anew else FROZEN_ONES}))


@command("admix mix --pools data/boards/pools.json --ratio 0.5 --out mix.json")
@click.option("--pools", required=True, help="what the stage compose wrote")
@click.option("--ratio", required=True, help="renders / (renders + real), 0 to 1")
@click.option("--out", required=True)
def mix(**words: str) -> None:
    """List the samples that fit trains on, at one ratio."""
    from mix.write_mix import main

    run_stage(main, flags(words))


@command(
    "admix fit --mix mix.json --val data/boards/split/val.jsonl --categories data/boards/photos/categories.json "
    "--seed 1 --out run"
)
@click.option("--mix", required=True, help="what `admix mix` wrote")
@click.option("--val", required=True, help="manifest of the real photos to score on")
@click.option("--categories", required=True, help="categories.json of the photos")
@click.option("--seed", required=True)
@click.option("--out", required=True, help="a new folder, or an earlier one of this command")
def fit(**words: str) -> None:
    """Train one network by hand, and score it on val photos."""
    from measure.fit import main

    run_stage(main, flags(words))


@command("admix doctor")
def doctor() -> None:
    """Say what this machine lacks, and the command that mends it."""
    from pipeline.doctor import main

    sys.exit(main([]))


admix.add_command(label)


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command; a user's mistake ends in one line and exit code 2."""
    try:
        with one_line_errors():
            admix.main(argv, prog_name="admix", standalone_mode=False)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "admix"
        sys.stderr.write(f"{one_line(error.format_message()).rstrip('.')}; see {path} --help\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
