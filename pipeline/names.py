"""Stage `names`: refuse a set-up or a folder of photos whose name no other stage could take, before one runs."""

from pathlib import Path

from pipeline.choose import check_real
from pipeline.files import write_text
from pipeline.reading import read_yaml
from pipeline.settings import PARAMS, read_choice, setup_path
from pipeline.stage import run_stage


def main(out: Path) -> None:
    """Write that both names are fine, the same words for all that are, so that no later stage runs again for it.

    `dvc repro` and `dvc exp run -S setup=...` ask nobody else before they paste the set-up into paths and commands: a
    quote in it would end the quotes there, and the outputs of ``..`` would replace a folder of the project.
    """
    setup_path(read_yaml(PARAMS))
    check_real(read_choice("real"))
    write_text(out, "the names of the set-up and of the photos' folder are fine\n")


if __name__ == "__main__":
    run_stage(main)
