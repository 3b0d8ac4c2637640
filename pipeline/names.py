"""Stage `names`: refuse a set-up or a folder of photos whose name no other stage could take, before one runs."""

from pathlib import Path
from typing import Annotated

from pipeline.choose import check_real
from pipeline.files import write_text
from pipeline.settings import setup_path
from pipeline.stage import CHOSEN, run_stage


def main(setup: Annotated[str, CHOSEN], real: Annotated[str, CHOSEN], out: Path) -> None:
    """Write that both names are fine, the same words for all that are, so that no later stage runs again for it."""
    setup_path({"setup": setup})
    check_real(real)
    write_text(out, "the names of the set-up and of the photos' folder are fine\n")


if __name__ == "__main__":
    run_stage(main)
