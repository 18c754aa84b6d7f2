"""Values of a form: patterns, addresses, ids, times, and prose."""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from platformdb.seeding.plan import rehearse
from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.streams import BLOCK, Span
from platformdb.seeding.rows.world import World
from platformdb.seeding.words.patterns import read_pattern
from platformdb.seeding.words.sentences import EXACT, grammatical, listed
from platformdb.seeding.words.vocabulary import words
from seeding_worlds import one_table, rows_of


def column(options: str, rows: int = 200, references: dict[str, str] | None = None) -> list[Any]:
    return rows_of(one_table(f"c = {{ {options} }}", rows, references=references), "t", "c")


# Patterns

PATTERNS = [
    "[A-Z]{3}-[0-9]{4}",
    r"^(foo|bar\d+)?_[^a-z]{2,5}$",
    "[0-9a-f]{2}(:[0-9a-f]{2}){5}",
    r"[A-Za-z_]+@[a-z]+\.(com|org)",
    r"\+\d{1,3} \(\d{3}\)\s?\w*x+?",
    r"[]a\]-]{4}[-+][a-c\d]",
    "ü[äö]{3}€?",
    r"(?:a|b|c(d|e){2}){0,3}\.\.",
    ".{5}",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("unique", ["true", "false"])
def test_a_pattern_makes_what_it_matches(pattern: str, unique: str) -> None:
    made = column(f"make = 'pattern', of = '{pattern}', unique = {unique}", rows=8 if unique == "true" else 300)
    assert [text for text in made if not re.fullmatch(pattern, text)] == []
    assert len(set(made)) > 4


@pytest.mark.parametrize(
    ("pattern", "like"),
    [("[[:alpha:]]{9}", "[A-Za-z]{9}"), ("[[:digit:]_]{9}", r"[\d_]{9}"), (r"\A\mx\M[[:space:]]\Z", "x ")],
)
def test_what_only_postgresql_writes_is_understood(pattern: str, like: str) -> None:
    assert all(re.fullmatch(like, text) for text in column(f"make = 'pattern', of = '{pattern}'"))


@pytest.mark.parametrize("pattern", ["[0-9]{4}", "(a|b|cd)[0-9]{3}", "[a-e]{1,5}x"])
def test_a_unique_pattern_uses_every_text_before_it_gives_up(pattern: str) -> None:
    room = one_table(f"c = {{ make = 'pattern', of = '{pattern}', unique = true }}").definition
    size = room.tables["t"].columns["c"].generator.different  # type: ignore[attr-defined]
    made = column(f"make = 'pattern', of = '{pattern}', unique = true", rows=size)
    assert len(set(made)) == size == len(made) > 500


def test_a_unique_pattern_says_when_it_has_no_more_texts() -> None:
    with pytest.raises(Misfit, match="makes 10 different texts, and t has more rows"):
        column("make = 'pattern', of = '[0-9]', unique = true", rows=11)


def test_a_unique_pattern_does_not_repeat_from_block_to_block() -> None:
    made = column("make = 'pattern', of = '[A-Z]{8}[0-9]{8}', unique = true", rows=2 * BLOCK + 5)
    assert len(set(made)) == len(made)
    assert len({text[0] for text in made}) > 20


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?=x)a", "only (…) and (?:…) are groups"),
        (r"(a)\1", r"'\1' cannot be turned round"),
        ("a{x}", "'{' needs numbers"),
        ("a{3,1}", "{3,1} is no number of times"),
        ("*a", "nothing to repeat before '*'"),
        ("a)", "')' without '('"),
        ("(a", "a '(' without ')'"),
        ("[a", "it ends too early"),
        ("[z-a]", "z-a is no range"),
        ("[[:cat:]]", "no class of characters is called 'cat'"),
        ("([ab]c){900}", "1800 pieces, and 400 are the most"),
    ],
)
def test_a_pattern_that_cannot_be_turned_round_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read_pattern(pattern)


# Addresses, ids and times


@pytest.mark.parametrize("network", ["10.0.0.0/8", "192.168.4.0/22", "2001:db8::/32", "203.0.113.7/32"])
def test_addresses_lie_in_their_network(network: str) -> None:
    made = [ipaddress.ip_address(text) for text in column(f"make = 'inet', network = '{network}'")]
    assert all(address in ipaddress.ip_network(network) for address in made)
    assert len(set(made)) == 1 if network.endswith(".7/32") else len(set(made)) > 100


def test_networks_have_no_bits_beyond_their_prefix() -> None:
    made = [ipaddress.ip_network(text) for text in column("make = 'inet', network = '10.0.0.0/8', prefix = 20")]
    assert {network.prefixlen for network in made} == {20}
    assert all(network.subnet_of(ipaddress.ip_network("10.0.0.0/8")) for network in made)  # type: ignore[arg-type]


def test_uuids_of_version_4_are_such_and_different() -> None:
    made = [uuid.UUID(bytes=value) for value in column("make = 'uuid4'", rows=5_000)]
    assert {(value.version, value.variant) for value in made} == {(4, uuid.RFC_4122)}
    assert len(set(made)) == 5_000
    assert made != sorted(made)


def test_times_lie_between_their_bounds() -> None:
    made = column("make = 'time', min = 1960-01-01, max = 1961-01-01T00:00:00+02:00")
    bounds = [datetime(1960, 1, 1, tzinfo=UTC), datetime(1960, 12, 31, 22, tzinfo=UTC)]
    low, high = (bound.timestamp() * 1e6 for bound in bounds)
    assert all(low <= value < high for value in made)
    assert max(made) - min(made) > 0.9 * (high - low)


# Prose

SENTENCE = re.compile(r"(?:[A-Z][a-z]*(?:,? [A-Za-z]+)*[.?])(?: |\n\n|$)")


def prose(options: str, rows: int = 300, references: dict[str, str] | None = None) -> list[str]:
    return column(f"make = 'prose', {options}", rows, references)


@pytest.mark.parametrize("number", [1, 2, 3, 5, 8, 40, EXACT])
def test_a_text_has_as_many_words_as_it_should(number: int) -> None:
    made = prose(f"words = {{ dist = 'fixed', value = {number} }}", rows=60)
    assert {len(text.split()) for text in made} == {number}
    assert len(set(made)) > 20


def test_a_long_text_ends_with_its_sentence() -> None:
    made = prose("words = { dist = 'fixed', value = 3_001 }", rows=9)
    assert all(3_001 <= len(text.split()) < 3_060 for text in made)
    assert [text for text in made if SENTENCE.sub("", text)] == []


def test_no_text_is_longer_than_ten_thousand_words() -> None:
    assert len(prose("words = { dist = 'fixed', value = 1e9 }", rows=2)[1].split()) < 10_060


def test_prose_is_sentences() -> None:
    made = prose("words = { dist = 'uniform', min = 1, max = 90 }, paragraphs = 3")
    assert [text for text in made if SENTENCE.sub("", text)] == []
    assert 0.2 < sum("\n\n" in text for text in made) / len(made) < 0.95
    assert not any(text.endswith("\n") for text in made)


def test_headings_have_no_full_stop() -> None:
    made = prose("words = { dist = 'uniform', min = 1, max = 8 }, title = true")
    assert all(text[0].isupper() and not text.endswith((".", ":", ",", " ")) and ". " not in text for text in made)


def test_a_limit_cuts_between_words() -> None:
    whole = prose("words = { dist = 'uniform', min = 1, max = 90 }")
    cut = prose("words = { dist = 'uniform', min = 1, max = 90 }, max = 80")
    assert max(map(len, cut)) <= 80
    for text, short in zip(whole, cut, strict=True):
        assert text == short if len(text) <= 80 else re.match(rf"{re.escape(short)}\W", text), (text, short)
        assert len(short) > 60 or len(text) <= 80


def test_words_are_as_unequal_as_words_are() -> None:
    made = prose("words = { dist = 'lognormal', median = 30, sigma = 0.7 }", rows=5_000)
    often = Counter(re.findall(r"\w+", " ".join(made).lower()))
    total = often.total()
    assert len(often) > 1_800
    assert 0.03 < often["the"] / total < 0.15
    assert sum(count for _, count in often.most_common(20)) / total > 0.3
    assert sum(count for _, count in often.most_common()[1_000:]) / total > 0.05


def test_the_vocabulary_may_be_a_file_with_weights() -> None:
    file = {"words.csv": "word,weight:int\nñandú,1\nperro,7\nél,2\n"}
    options = "words = { dist = 'uniform', min = 1, max = 30 }, vocabulary = 'words.csv'"
    often = Counter(re.findall(r"\w+", " ".join(prose(options, 900, file)).lower()))
    assert set(often) == {"ñandú", "perro", "él"}
    assert 0.66 < often["perro"] / often.total() < 0.74
    flat = Counter(re.findall(r"\w+", " ".join(prose(options, 900, {"words.csv": "word\na\nb\n"})).lower()))
    assert 1.2 < flat["a"] / flat["b"] < 1.5  # 1 / 2.7 to 1 / 3.7


def test_prose_of_a_block_can_be_made_alone() -> None:
    text = one_table("c = { make = 'prose', words = { dist = 'uniform', min = 1, max = 6 } }", BLOCK + 900).definition
    alone = World(text, 1).block("t", Span(BLOCK, BLOCK + 900)).value("c").texts.strings()
    assert alone == rows_of(World(text, 1), "t", "c")[BLOCK:]


@pytest.mark.parametrize("places", [grammatical(title=False), grammatical(title=True), listed(["a", "b"])])
def test_there_is_a_piece_for_every_number_of_words(places: Any) -> None:
    assert (places.bounds[1:] > places.bounds[:-1])[1 : EXACT + 1].all()


def test_the_bundled_words_are_words() -> None:
    everything = [word for kind in words().values() for word in kind]
    assert len(set(everything)) > 1_900
    assert all(re.fullmatch("I|[a-z]+", word) for word in everything)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("max = 5", "max must leave room for the longest word"),
        ("vocabulary = 'no.csv'", "there is no reference file 'no.csv'"),
        ("vocabulary = 'numbers.csv'", "numbers.csv needs a column 'word' of texts"),
    ],
)
def test_prose_that_cannot_be(options: str, message: str) -> None:
    text = one_table(
        f"c = {{ make = 'prose', words = {{ dist = 'fixed', value = 3 }}, {options} }}",
        references={"numbers.csv": "number:int\n1\n"},
    ).definition
    assert [message in problem.message for problem in rehearse(text)[1]] == [True]
