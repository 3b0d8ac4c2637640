"""Stage `audit`: name labels that are likely wrong before anything is trained, where predictions are at hand."""

from pathlib import Path

from dataset.records import read_manifest
from label.audit import KIND, Audit, audit_json
from label.audit import main as audit
from pipeline.files import whole_folder, write_json
from pipeline.stage import run_stage


def main(settings: Audit, samples: Path, predictions: Path, out: Path) -> None:
    """Write the audit of the labelled photos, and say in one line what is suspected.

    predictions: folder of what `admix predict` wrote, of a run that saw none of the photos. Where there is none the
    audit is one of no photo, and nothing is said. Errors as `label.audit`.
    """
    if predictions.is_dir():
        audit(settings, samples, predictions, out)
        return
    with whole_folder(out, KIND) as part:
        write_json(part / "audit.json", audit_json(0, len(read_manifest(samples)), {}, []))


if __name__ == "__main__":
    run_stage(main)
