import re

import pytest
from page_project import leaks, paths_of, transfer, write_project
from page_reader import Reader

from dataset.leaks import LeaksRecord
from pipeline.errors import InputError
from pipeline.files import write_json
from report.leaks import leak_words
from report.report import Report, main
from tests.page_project import typed


def page_with(root, *pairs):
    """Return what stands in the page's section on leaks, and the page."""
    write_project(root, transfer())
    write_json(root / "leaks.json", leaks(*pairs))
    main(Report(0, 0), *paths_of(root))
    text = (root / "index.html").read_text(encoding="utf-8")
    return Reader(re.search(r'<section id="leaks">.*?</section>', text, re.DOTALL)[0]), text


def test_a_leak_is_a_pair_of_pictures_side_by_side(tmp_path):
    section, page = page_with(tmp_path, ("val1", "train3"), ("val2", "train1"))
    pictures = [attrs for tag, attrs in section.tags if tag == "img"]
    assert [attrs["alt"] for attrs in pictures] == [
        f"{photo}, one of a pair"
        for photo in ("val photo val1", "train photo train3", "val photo val2", "train photo train1")
    ]
    assert all(attrs["src"].startswith("data:image/jpeg;base64,") for attrs in pictures)
    assert 'href="#leaks"' in page
    assert page.index("2 photos of val and test show the same") < page.index("<nav")  # told first of all


def test_where_there_is_none_one_line_says_so(tmp_path):
    section, page = page_with(tmp_path)
    assert "No near-duplicates found between the 4 photos to train on and the 4 of val and 3 of test." in section.text
    assert "img" not in {tag for tag, _ in section.tags}
    assert 'href="#leaks"' not in page


def test_a_picture_that_is_gone_is_told(tmp_path):
    with pytest.raises(InputError, match=r"gone\.png: there is no such file"):
        page_with(tmp_path, ("gone", "train1"))


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        pytest.param([("val1", "train1")], "1 photo of val and test shows the same as a photo to train on.", id="one"),
        pytest.param([("a", "b")] * 2, "2 photos of val and test show the same as a photo to train on.", id="two"),
    ],
)
def test_leaks_in_words(pairs, words):
    assert leak_words(typed(leaks(*pairs), LeaksRecord)).startswith(words)


def test_the_record_takes_no_path_that_is_absolute():
    found = leaks(("val1", "train1"))
    found["hits"][0]["trained"]["image"] = "/etc/passwd"
    with pytest.raises(ValueError, match="relative"):
        typed(found, LeaksRecord)
