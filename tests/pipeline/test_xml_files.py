"""XML is read a child of its root at a time, and what could grow or reach other files is refused."""

import gc
import weakref

import pytest

from pipeline.errors import InputError
from pipeline.xml_files import children_of


def test_children_come_one_at_a_time_in_their_order_with_all_that_is_in_them(tmp_path):
    (tmp_path / "a.xml").write_text("<a><b><c x='1'/><c x='2'/></b>text<d>words</d></a>", encoding="utf-8")
    found = [
        (child.tag, [part.get("x") for part in child], child.text) for child in children_of(tmp_path / "a.xml", "a")
    ]
    assert found == [("b", ["1", "2"], None), ("d", [], "words")]


def test_an_earlier_child_is_not_kept_while_the_next_is_read(tmp_path):
    (tmp_path / "a.xml").write_text("<a>" + "<b><c/></b>" * 3 + "</a>", encoding="utf-8")
    children = children_of(tmp_path / "a.xml", "a")
    first = weakref.ref(next(children))
    next(children)
    gc.collect()
    assert first() is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b'<!DOCTYPE a [<!ENTITY b "bbb">]><a>&b;</a>', "declares types or entities", id="an entity"),
        pytest.param(b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "declares types", id="another file"),
        pytest.param(b"<a><b></a>", "not XML", id="tags that do not match"),
        pytest.param(b"<a>&b;</a>", "not XML", id="an entity that nobody declares"),
        pytest.param(b"", "not XML", id="an empty file"),
        pytest.param(b"<b/>", "its root is <b>, wanted <a>", id="another root"),
        pytest.param("<a>ä</a>".encode("latin-1"), "not text in UTF-8", id="another encoding"),
    ],
)
def test_what_is_no_plain_xml_of_that_root_is_one_line(tmp_path, data, message):
    (tmp_path / "a.xml").write_bytes(data)
    with pytest.raises(InputError, match=message):
        list(children_of(tmp_path / "a.xml", "a"))


def test_a_file_that_declares_latin_1_and_is_utf_8_is_read_as_what_it_is(tmp_path):
    (tmp_path / "a.xml").write_bytes("<?xml version='1.0' encoding='latin-1'?><a><b>ü</b></a>".encode())
    assert [child.text for child in children_of(tmp_path / "a.xml", "a")] == ["ü"]
