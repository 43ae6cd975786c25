"""Strings become values and codes, whatever they hold."""

import ast
import os
import re
import warnings

import colander
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cliquet import text, utils


@pytest.mark.parametrize(
    ("given_text", "value"),
    [
        ("on", True), ("TRUE", True), ("yes", True),
        ("off", False), ("False", False), ("no", False),
        ("1", 1), ("0", 0), ("3.14", 3.14), ("None", None),
        ('"abc"', "abc"), ("(1,2,3)", (1, 2, 3)), ("['a', 'b']", ["a", "b"]),
        ("1.2.3", "1.2.3"), ("0566199093", "0566199093"), ("value", "value"),
        ("{[]:1}", "{[]:1}"), ("[" * 300, "[" * 300), ("-" * 5000, "-" * 5000),
        ("\x00", "\x00"), (7, 7), (None, None),
    ],
)  # fmt: skip
def test_native_values(given_text, value):
    found = text.native_value(given_text)

    assert found == value
    assert type(found) is type(value)


@given(st.text())
def test_no_text_breaks_the_reading_of_values(given_text):
    text.native_value(given_text)


@pytest.mark.parametrize(
    ("given_text", "value"),
    [
        ("None", None), ("true", True), ("No", False),
        ("7", 7), ("-7", -7), ("3.14", 3.14), (".5", 0.5), ("1e3", 1000.0),
        ('"7"', "7"), ("'7'", "7"), ('"a\\"b"', 'a"b'), ('"', '"'),
        ("007", "007"), ("007x", "007x"), ("1.2.3", "1.2.3"), ("null", "null"),
        ("(1,2,3)", "(1,2,3)"), ("[" * 300, "[" * 300), ("-" * 5000, "-" * 5000),
        ("'a' 'b'", "'a' 'b'"), ('"\\ud800"', '"\\ud800"'), ("\u0663", "\u0663"),
        (r"'\d'", r"\d"), (r'"\x41\u00e9\101\N{DIGIT ONE}\n"', "A\xe9A1\n"),
        (r"'\x4'", r"'\x4'"), (r"'\N{nothing}'", r"'\N{nothing}'"), ("'a\nb'", "'a\nb'"),
        ("'a\\\nb'", "ab"), (r"'\777'", "\u01ff"), (r"'\U00110000'", r"'\U00110000'"),
        ("b'a'", "b'a'"), ("1_000", "1_000"), ("", ""), ("9" * 30, int("9" * 30)),
    ],
)  # fmt: skip
def test_query_values_are_bounded(given_text, value):
    found = text.query_value(given_text)

    assert found == value
    assert type(found) is type(value)


@given(st.text(alphabet="\\\\'xuUN{}0147afn\r\n\xe9").filter(lambda t: "\0" not in t))
def test_quoted_texts_are_those_of_python(inside):
    quoted = f"'{inside}'"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = ast.literal_eval(quoted)
    except (SyntaxError, ValueError):
        expected = quoted

    if re.fullmatch(r"'(?:[^'\\]|\\.)*'", quoted, re.DOTALL):
        assert text.query_value(quoted) in (expected, quoted)
        assert text.query_value(quoted) == expected or re.search(
            "[\ud800-\udfff]", expected
        )


@pytest.mark.parametrize("given_text", ["9" * 400, "1e400", "-1e400", "9" * 5000])
def test_numbers_out_of_range_are_refused_in_queries(given_text):
    with pytest.raises(ValueError):
        text.query_value(given_text)


@given(st.text())
def test_no_query_gives_something_else_than_a_simple_value(given_text):
    try:
        found = text.query_value(given_text)
    except ValueError:
        return
    assert found is None or isinstance(found, bool | int | float | str)


def test_the_environment_wins_and_is_read_as_a_value(monkeypatch):
    monkeypatch.setenv("TM_PAGE_BY", "25")

    assert text.read_env("tm.page-by", "3") == 25
    assert text.read_env("tm.other", "3") == 3


@pytest.mark.parametrize(
    ("value", "stripped"),
    [(" \t\r\n a b\n", "a b"), ("\x0ba", "\x0ba"), (colander.null, colander.null)],
)
def test_only_blanks_are_stripped(value, stripped):
    assert text.strip_whitespace(value) == stripped


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a  b\nc", ["a", "b", "c"]), (["a b", "c"], ["a", "b", "c"]),
        (None, []), ("", []), (("a",), ["a"]), (5, [5]), ([len], [len]),
    ],
)  # fmt: skip
def test_lists_are_split_at_blanks(value, found):
    assert text.aslist(value) == found


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_base64_goes_both_ways(content):
    assert text.decode64(text.encode64(content)) == content


@pytest.mark.parametrize("encoded", ["a", "/w==", "\xe9"])
def test_malformed_base64_is_a_value_error(encoded):
    with pytest.raises(ValueError):
        text.decode64(encoded)


def test_digests_take_secrets_as_text_or_bytes():
    digest = utils.hmac_digest("s", "message")

    assert digest == utils.hmac_digest(b"s", "message")
    assert utils.hmac_digest("", "mat:1") == (
        "9f2d363f98418b13253d6d7193fc88690302ab0ae21295521f6029dffe9dc3b0"
    )


def test_random_bytes_are_as_long_as_asked(monkeypatch):
    assert len(text.random_bytes_hex(16)) == 32
    monkeypatch.setattr(os, "urandom", lambda length: b"\x0f" * length)
    assert text.random_bytes_hex(2) == "0f0f"


def test_headers_are_text():
    assert text.encode_header("é".encode()) == "é"
    assert text.encode_header("é") == "é"
    assert text.decode_header(b"\xe9", "latin-1") == "é"
    assert text.decode_header({"a": 1}) == {"a": 1}


class Unprintable:
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        ("a", "a"), (7, "7"), (None, "None"), ("é".encode(), "é"), (b"\xff", "\\xff"),
        (bytearray(b"a"), "a"), (memoryview(b"a"), "a"),
    ],
)  # fmt: skip
def test_any_value_has_a_text(value, decoded):
    assert text.decode_value(value) == decoded
    assert "Unprintable object" in text.decode_value(Unprintable())


def test_classname_is_in_lower_case():
    assert text.classname(ValueError()) == "valueerror"


def test_merge_completes_without_overwriting():
    target = {"a": 1, "b": {"c": 2}, "leaf": 0}

    text.merge_dicts(target, {"a": 9, "b": {"c": 9, "d": 3}, "leaf": {"x": 1}, "e": {}})

    assert target == {"a": 1, "b": {"c": 2, "d": 3}, "leaf": 0, "e": {}}


@pytest.mark.parametrize(
    ("keys", "subset"),
    [
        ([], {}),
        (["a", "a", "unknown"], {"a": 1}),
        (["b.c"], {"b": {"c": 2}}),
        (["b.c", "b.d.e"], {"b": {"c": 2, "d": {"e": 3}}}),
        (["b.c.x"], {"b": {"c": 2}}),
        (["a.x"], {"a": 1}),
        (["b.unknown"], {"b": {}}),
        (["b", "b.c"], {"b": {"c": 2, "d": {"e": 3, "f": 4}}}),
        (["x.y"], {"x.y": 5}),
    ],
)
def test_subsets_of_mappings(keys, subset):
    record = {"a": 1, "b": {"c": 2, "d": {"e": 3, "f": 4}}, "x.y": 5}

    assert text.dict_subset(record, keys) == subset


def test_subsets_of_names_with_many_dots():
    name = ".".join("a" * 30_000)

    assert text.dict_subset({"a": {"a": 1}}, [name]) == {"a": {"a": 1}}
