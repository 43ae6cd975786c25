"""Texts that are searched for: what folding a part of the letters may leave out."""

from hypothesis import given
from hypothesis import strategies as st

from cliquet.storage.matching import (
    build_matcher,
    characters_folded_to,
    fold,
    folded_characters,
)

CASED = "".join(map(chr, folded_characters()))
texts = st.text(st.sampled_from("aAkKsSéÉ\u212aſßẞςσΣİı%_\\x") | st.sampled_from(CASED))


def test_what_was_folded_stays_as_it_is():
    assert fold(fold(CASED)) == fold(CASED)


@given(texts, texts, st.booleans())
def test_only_the_letters_of_the_pattern_need_to_be_folded(text, pattern, upper):
    text = text + (pattern.upper() if upper else pattern) + text
    wanted = fold(pattern)

    held = wanted in text.translate(characters_folded_to(wanted))

    assert held is build_matcher(pattern)(text)


def test_the_letters_of_a_pattern_are_few():
    found = characters_folded_to(fold("Straße"))

    assert "".join(map(chr, found)) == "AERSTſẞ"
