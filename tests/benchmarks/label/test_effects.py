import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.label import effects, measured, pick, pseudo
from benchmarks.label.audit import PlantTrial, looks_spared
from benchmarks.label.effects import LEAST, WORDS, page, verdict
from benchmarks.label.judges import folds
from benchmarks.label.photo_sets import LabelledSet, set_of
from benchmarks.label.pick import DOMINO, plan_for
from benchmarks.label.route import RoutedPhoto
from benchmarks.label.route import measure as routed
from dataset.idmap import read_ids, write_ids
from dataset.records import Sample, write_manifest
from label.record import Effect, read_effects, saving
from label.suspects import judge
from label.suspects.search import Assessment
from pipeline.costs import Costs
from pipeline.errors import InputError
from pipeline.settings import read_settings
from tests.label.audited import CATEGORIES, write_set
from tests.page_reader import Reader
from train.settings import Fit

COSTS, FIT = read_settings(Costs), read_settings(Fit)
EFFECT = Effect("minutes", 3.0, "<b>nobody</b>", 7.0, (2.0, 4.0), None, None, "one draw")
PARTS = ("pick", "prelabel", "pseudo", "audit", "route")


def drawn_set(folder: Path, photos: int = 24) -> LabelledSet:
    manifest, _ = write_set(folder / "set", {}, photos)
    manifest.with_name("categories.json").write_text(json.dumps(CATEGORIES))
    return set_of("shapes", manifest, folder / "work")


def photos(count: int, labelled: int, *found: tuple[float, bool]) -> list[RoutedPhoto]:
    return [RoutedPhoto(labelled, tuple(score for score, _ in found), tuple(right for _, right in found))] * count


def test_a_measured_set_that_is_missing_is_named_before_anything_is_measured(tmp_path: Path):
    (tmp_path / "domino").mkdir()
    with pytest.raises(InputError, match=r"balloon: there is no such folder; make bench-label REAL="):
        measured.main(COSTS, FIT, tmp_path, tmp_path / "work", tmp_path / "label.json", tmp_path / "label.html")
    assert not (tmp_path / "label.json").exists()


def test_too_few_labels_are_refused_with_what_to_do(tmp_path: Path):
    one = drawn_set(tmp_path, LEAST - 1)
    with pytest.raises(
        InputError, match=f"{LEAST - 1} photos have a labelled object, wanted {LEAST} or more.*label more"
    ):
        effects.main(COSTS, FIT, one.manifest, "shapes", one.work, tmp_path / "label.json", tmp_path / "label.html")
    assert not (tmp_path / "label.json").exists()


def test_every_part_of_the_measured_sets_has_words_and_a_row_of_the_page():
    known = measured.parts(COSTS, FIT, Path(), Path())
    shown = page(dict.fromkeys(known, EFFECT), "EUR", "photos of <i>here</i>")
    assert set(known) == set(WORDS)
    assert shown.count("&lt;b&gt;nobody&lt;/b&gt;") == len(known)
    assert "photos of &lt;i&gt;here&lt;/i&gt;" in shown
    assert "3 (2 to 4) minutes" in shown


@pytest.mark.parametrize(
    ("minutes", "ci95", "words"),
    [
        pytest.param(6, (3, 9), "Saves 6.0 minutes (3.0 to 9.0), 1.50 EUR (0.75 to 2.25).", id="saves"),
        pytest.param(6, (-1, 9), "No saving shown on these photos: 6.0 minutes, and -1.0 to 9.0 holds 0.", id="open"),
        pytest.param(0, (0, 0), "No saving shown on these photos: 0.0 minutes, and 0.0 to 0.0 holds 0.", id="nothing"),
        pytest.param(-6, (-9, -3), "It costs 6.0 minutes here (3.0 to 9.0): do without it", id="costs"),
    ],
)
def test_no_more_is_claimed_than_the_interval_holds(minutes, ci95, words):
    fifteen_an_hour = dataclasses.replace(COSTS, labeller_per_hour=15.0)
    assert verdict(saving(EFFECT, minutes, ci95, fifteen_an_hour), "EUR").startswith(words)


def test_a_part_without_minutes_or_without_their_interval_says_so():
    assert verdict(EFFECT, "EUR") == "No time of people is counted for it."
    assert "no interval" in verdict(dataclasses.replace(EFFECT, minutes=4.0, money=1.0), "EUR")


def test_the_simulation_of_a_small_set_leaves_some_of_its_pool_and_that_of_a_large_one_is_dominos():
    def sample(at: int) -> Sample:
        return Sample(f"{at}", "real", "a.png", "m", (9, 9), (), "s", "CC0-1.0")

    for count in range(LEAST, 320):
        plan = plan_for([sample(at) for at in range(count)])
        pool = count - round(count * plan.test)
        assert plan.start >= 1
        assert plan.start + plan.labels[-1] <= pool
    assert plan_for([sample(at) for at in range(1037)]) == dataclasses.replace(DOMINO, start_where={})


def test_suspects_in_front_spare_looks_and_suspects_at_the_end_cost_some():
    kinds = ["missing"] * 5 + [""] * 5
    front = Assessment((), {}, np.linspace(1, 0, 10), np.zeros((10, 8)))
    back = dataclasses.replace(front, photo_scores=np.linspace(0, 1, 10))
    whole = np.arange(10)
    by_chance = 4 * 11 / 6  # four of five errors among ten photos
    assert looks_spared(PlantTrial(kinds, front, whole), whole) == pytest.approx(by_chance - 4)
    assert looks_spared(PlantTrial(kinds, back, whole), whole) == pytest.approx(by_chance - 9)


def test_where_nothing_can_be_certified_every_object_is_looked_at_and_it_is_said():
    found = routed(photos(40, 1, (0.9, True)), "were drawn", COSTS)
    assert found.measured == 100 * COSTS.check_s / 60
    assert found.ci95 == (found.measured, found.measured)
    assert "nothing is certified (0.95 takes 59 checks" in found.how
    assert found.minutes == pytest.approx(40 * (COSTS.mask_s - COSTS.check_s) / 60, abs=0.06)


def test_what_was_not_found_is_drawn_and_what_is_nothing_is_looked_at():
    found = routed(photos(10, 2, (0.9, True), (0.3, False), (0.2, False)), "were drawn", COSTS)
    assert found.measured == pytest.approx(50 * (3 * COSTS.check_s + COSTS.mask_s) / 60, abs=0.06)


def test_many_right_objects_are_certified_and_taken_without_a_look():
    found = routed(photos(600, 1, (0.9, True)), "were drawn", COSTS)
    assert found.measured == pytest.approx(100 * 0.5 * COSTS.check_s / 60, abs=0.06)
    assert "200 draws certified a part, 0 falsely" in found.how


def test_nothing_found_saves_nothing():
    found = routed(photos(30, 1), "were drawn", COSTS)
    assert found.minutes_ci95 == (0.0, 0.0)
    assert "No saving shown" in verdict(found, "EUR")


def test_what_is_kept_is_of_these_pixels_and_labels(tmp_path: Path):
    one = drawn_set(tmp_path, 3)
    key = one.key
    path = one.folder / one.samples[2].ids
    ids = read_ids(path)
    ids[0, 0] = 1
    write_ids(path, ids)
    assert set_of("shapes", one.manifest, one.work).key != key


def test_of_many_photos_some_are_measured_on_in_the_order_of_the_manifest(tmp_path: Path):
    one = drawn_set(tmp_path, 12)
    some = set_of("shapes", one.manifest, one.work, 5)
    places = [one.samples.index(sample) for sample in some.samples]
    assert len(set(places)) == 5
    assert places == sorted(places)
    assert set_of("shapes", one.manifest, one.work, 50).samples == one.samples


def test_picks_are_measured_on_the_drawn_photos_of_a_larger_set_and_on_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pick, "RUNS", 1)
    monkeypatch.setattr(pick, "DRAWS", 1)
    some = set_of("shapes", drawn_set(tmp_path, 36).manifest, tmp_path / "some", 28)
    write_manifest(some.folder / "alone.jsonl", some.samples)
    alone = set_of("shapes", some.folder / "alone.jsonl", tmp_path / "alone")
    plan = dataclasses.replace(plan_for(some.samples), draws=3)
    assert pick.measure(some, plan, COSTS, FIT) == pick.measure(alone, plan, COSTS, FIT)


@pytest.mark.training
def test_every_part_is_measured_on_a_drawn_set_and_nothing_is_trained_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(judge, "TREES", 30)  # how well suspects are ranked is measured elsewhere
    monkeypatch.setattr(pseudo, "SEEDS", (1, 2))
    monkeypatch.setattr(pseudo, "SMALL", dataclasses.replace(pseudo.SMALL, img_size=64, steps=15))
    one = drawn_set(tmp_path)
    plan = dataclasses.replace(folds(one.samples), img_size=64, steps=15)
    out, site = tmp_path / "label.json", tmp_path / "label.html"
    effects.write(effects.parts(one, plan, COSTS, FIT), "drawn shapes", COSTS, out, site)
    found, trained = read_effects(out), stamps(one.work)
    assert tuple(found) == PARTS
    assert len(trained) == 3
    for effect in found.values():
        assert effect.ci95 is not None
        assert effect.minutes_ci95 is not None
        assert effect.minutes_ci95[0] <= effect.minutes_ci95[1]
        assert verdict(effect, COSTS.currency) in Reader(site.read_text()).text
    prelabel = found["prelabel"]
    assert prelabel.minutes == pytest.approx(one.objects * (COSTS.mask_s - prelabel.measured) / 60, abs=0.1)
    before = out.read_bytes(), site.read_bytes()
    effects.write(effects.parts(one, plan, COSTS, FIT), "drawn shapes", COSTS, out, site)
    assert (out.read_bytes(), site.read_bytes()) == before
    assert stamps(one.work) == trained


def stamps(work: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in sorted(work.rglob("*.safetensors"))}
