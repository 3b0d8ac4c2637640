from pipeline.errors import LONGEST, one_line, shown


def test_an_error_is_one_line_whatever_is_in_it():
    assert one_line("a\n  b\tc") == "a b c"
    long = one_line(f"a.json: found {'x' * 9000}, wanted a number; mend it")
    assert len(long) <= LONGEST + 5
    assert long.startswith("a.json: found xxx")
    assert long.endswith("xxx, wanted a number; mend it")


def test_a_value_is_shown_short_however_long_or_deep_it_is():
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    for value in (deep, "x" * 9000, list(range(9000)), 10**4000, 1 << 2**15, {str(k): k for k in range(900)}, "a\0b\n"):
        assert len(shown(value)) < 400
        assert "\n" not in shown(value)
    assert shown("board") == "'board'"
    assert shown([1, 2]) == "[1, 2]"
