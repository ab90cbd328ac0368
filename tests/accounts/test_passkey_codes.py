import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.exceptions import PasskeyRefused
from accounts.passkey_codes import ALPHABET, LENGTH, generate, grouped, parse, with_check

codes = st.text(ALPHABET, min_size=27, max_size=27).map(with_check)
places = st.integers(0, LENGTH - 1)
separators = st.sampled_from(["-", " ", "", "\u00a0", "\u2013", "\u2212", "\t", "\u200b", " - "])
spellings = {"0": "0oO", "1": "1iIlL"}


def code_of_refusal(text):
    with pytest.raises(PasskeyRefused) as refusal:
        parse(text)
    return refusal.value.code


def test_a_code_has_28_characters_of_crockfords_base32():
    code = generate()
    assert (len(code), set(code) <= set(ALPHABET)) == (28, True)


def test_codes_differ():
    assert len({generate() for _ in range(100)}) == 100


def test_a_code_is_shown_in_groups_of_four():
    assert grouped("ABCDEFGH") == "ABCD-EFGH"


@given(codes)
def test_a_code_is_read_as_it_is_shown(code):
    assert parse(grouped(code)) == code


@given(codes, st.data())
def test_a_code_is_read_in_any_case_with_any_separators_and_lookalikes(code, data):
    spelt = []
    for character in code:
        either = spellings.get(character, character + character.lower())
        spelt += [data.draw(st.sampled_from(either)), data.draw(separators)]
    assert parse("\r\n " + "".join(spelt) + " \n") == code


@given(codes, places, st.sampled_from(ALPHABET))
def test_one_wrong_character_is_a_typing_error(code, place, other):
    wrong = code[:place] + other + code[place + 1 :]
    if wrong == code:
        assert parse(wrong) == code
    else:
        assert code_of_refusal(wrong) == "typing_error"


def test_every_single_wrong_character_is_noticed():
    code = generate()
    wrong = {
        code[:place] + other + code[place + 1 :] for place in range(LENGTH) for other in ALPHABET
    } - {code}
    assert {code_of_refusal(text) for text in wrong} == {"typing_error"}


@given(codes, places, places)
def test_two_exchanged_characters_are_a_typing_error(code, first, second):
    letters = list(code)
    letters[first], letters[second] = letters[second], letters[first]
    wrong = "".join(letters)
    if wrong == code:
        assert parse(wrong) == code
    else:
        assert code_of_refusal(wrong) == "typing_error"


@given(codes, places)
def test_a_forgotten_character_is_a_typing_error(code, place):
    assert code_of_refusal(code[:place] + code[place + 1 :]) == "typing_error"


def test_a_letter_that_no_code_has_is_a_typing_error():
    assert code_of_refusal("U" + generate()[1:]) == "typing_error"


@pytest.mark.parametrize(
    "text",
    [
        "7" * 1_000_000,
        "\x00",
        "7K4M\x00",
        "\ud800",
        "' OR 1=1 --",
        "{{ passkey }}",
        "{% now %}",
        "٣" * 28,
        "",
        "   ",
        None,
        28,
    ],
)
def test_what_nobody_types_is_refused_without_a_reason(text):
    assert code_of_refusal(text) == "unknown"


@given(st.text())
def test_no_text_fails_otherwise_than_by_a_refusal(text):
    with contextlib.suppress(PasskeyRefused):
        assert len(parse(text)) == LENGTH
