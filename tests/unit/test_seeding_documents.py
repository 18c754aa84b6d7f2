"""Documents that keep a contract."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from platformdb.contract_file import ContractFile
from platformdb.project import Platform
from platformdb.seeding.files.definition import read_definition
from platformdb.seeding.files.sources import Sources, read_sources
from platformdb.seeding.model import Definition
from platformdb.seeding.plan import rehearse
from platformdb.seeding.rows.streams import Stream
from platformdb.seeding.rows.world import World
from platformdb.seeding.words.documents import Documents
from platformdb.seeding.words.wording import Dice
from seeding_worlds import HEAD, rows_of, sources

MODELS = """
from __future__ import annotations
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal, Optional, Union
from uuid import UUID

from pydantic import AnyUrl, BaseModel, ConfigDict, Field, RootModel, model_validator


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Scalars(Strict):
    number: int
    bounded: Annotated[int, Field(gt=3, lt=6)]
    below: Annotated[float, Field(lt=-5)]
    step: Annotated[float, Field(ge=0, le=1, multiple_of=0.25)]
    tens: Annotated[int, Field(multiple_of=10, ge=15, le=95)]
    price: Decimal
    flag: bool
    nothing: None
    maybe: Optional[int]
    either: Union[int, str, bool]
    literal: Literal["a", 1, True]
    only: Literal["only"]
    colour: Colour
    anything: Any


class Texts(Strict):
    code: Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{4}$")]
    color: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
    short: Annotated[str, Field(max_length=3)]
    long: Annotated[str, Field(min_length=200)]
    exact: Annotated[str, Field(min_length=7, max_length=7)]
    id: UUID
    at: datetime
    day: date
    hour: time
    lasting: timedelta
    site: AnyUrl
    host: IPv4Address


class Lists(Strict):
    some: list[int]
    three: Annotated[list[str], Field(min_length=3, max_length=3)]
    different: Annotated[set[Literal["a", "b", "c"]], Field(min_length=2)]
    pair: tuple[int, str]
    many: tuple[Colour, ...]
    named: dict[str, int]
    by_colour: dict[Colour, list[int]]
    by_code: dict[Annotated[str, Field(pattern="^[a-z]{4}$")], bool]
    free: dict[str, Any]


class Tree(Strict):
    name: str
    left: Optional[Tree] = None
    children: list[Tree] = []


class Cat(Strict):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=1, le=9)]


class Dog(Strict):
    kind: Literal["dog"]
    tricks: list[str] = []


class Zoo(Strict):
    animal: Annotated[Union[Cat, Dog], Field(discriminator="kind")]
    more: list[Union[Cat, Dog]] = []


class Many(RootModel[Annotated[list[Cat], Field(min_length=1, max_length=2)]]):
    pass


class Ordered(Strict):
    low: Annotated[int, Field(ge=0, le=9)]
    high: Annotated[int, Field(ge=0, le=9)]
    inner: list[Cat]

    @model_validator(mode="after")
    def ordered(self):
        if self.low >= self.high or any(cat.lives > 3 for cat in self.inner):
            raise ValueError("low must be less than high, and nobody lives long")
        return self


class Button(Strict):
    style: Literal["link", "plain"]
    target: str = ""

    @model_validator(mode="after")
    def links_have_a_target(self):
        if (self.style == "link") != bool(self.target):
            raise ValueError("a link has a target")
        return self


class Buttons(RootModel[Annotated[list[Button], Field(min_length=15, max_length=15)]]):
    pass


class Address(Strict):
    value: str

    @model_validator(mode="after")
    def is_one(self):
        if not self.value.startswith("https://"):
            raise ValueError("not an address")
        return self


class Never(Strict):
    value: int

    @model_validator(mode="after")
    def never(self):
        raise ValueError("it is never right")


class Endless(Strict):
    inner: Endless


class Foreign(Strict):
    word: Annotated[str, Field(pattern=r"^\\p{Lu}+$")]
    code: Annotated[str, Field(pattern=r"^(?:a|b)(?-u:c)$")] = "ac"


class Odd(Strict):
    text: Annotated[str, Field(pattern=r"^(?:a|b)$", min_length=5)]


CONTRACTS = {"t.scalars": Scalars, "t.lists": Lists}
"""
# Most ways lead on, and some way must end.
ENDLESS = {
    "$defs": {"N": {"type": "object", "required": ["inner"], "properties": {"inner": {"$ref": "#/$defs/Either"}}},
              "Either": {"anyOf": [*[{"$ref": "#/$defs/N"}] * 9, {"type": "integer"}]}},
    "$ref": "#/$defs/N",
}  # fmt: skip
GOOD = ["Scalars", "Texts", "Lists", "Tree", "Zoo", "Many", "Ordered", "Buttons", "Address"]


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> ContractFile:
    path = tmp_path_factory.mktemp("sql") / "contracts.py"
    path.write_text(MODELS, encoding="utf-8")
    return ContractFile(path, "sql/demo/contracts.py", MODELS)


def read(options: str, contracts: ContractFile | None, rows: int = 400) -> Definition:
    text = f"""{HEAD}
[profiles.test]
[tables.t]
rows = {{ shape = "independent", count = {rows} }}
[tables.t.columns]
c = {{ make = "contract", {options} }}
"""
    return read_definition(replace(sources(text), contracts=contracts), "test")


def made(options: str, contracts: ContractFile, seed: int = 1) -> list[str]:
    return rows_of(World(read(options, contracts), seed), "t", "c")


@pytest.mark.parametrize("model", GOOD)
def test_every_document_keeps_its_model(model: str, contracts: ContractFile) -> None:
    found = contracts.find(model)
    documents = made(f"model = '{model}', documents = 200", contracts)
    for document in set(documents):
        found.model_validate_json(document)  # type: ignore[attr-defined]
    assert len(set(documents)) > 60
    assert not rehearse(read(f"model = '{model}'", contracts))[1]


def test_optional_members_are_there_or_not_and_lists_are_short_and_long(contracts: ContractFile) -> None:
    trees = [json.loads(document) for document in made("model = 'Tree'", contracts)]
    assert {len(tree.get("children", ())) for tree in trees} >= {0, 1, 2, 3, 4}
    assert {"left" in tree for tree in trees} == {True, False}
    assert any(tree.get("left") and tree["left"].get("left") for tree in trees)


def test_texts_and_names_are_words(contracts: ContractFile) -> None:
    texts = [json.loads(document) for document in made("model = 'Texts'", contracts)]
    assert all(len(text["long"].split()) > 15 and "xx" not in text["long"] for text in texts)
    assert {text["site"].partition("//")[0] for text in texts} == {"https:"}
    lists = [json.loads(document) for document in made("model = 'Lists'", contracts)]
    assert len({name for each in lists for name in each["free"]}) > 50


def test_some_documents_are_more_frequent_than_others(contracts: ContractFile) -> None:
    often = Counter(made("model = 'Scalars', documents = 20, skew = { zipf = 1.0 }", contracts))
    assert len(often) <= 20
    assert often.most_common(1)[0][1] > 3 * often.most_common()[-1][1]


def test_a_model_is_named_by_the_column_it_is_the_contract_of(contracts: ContractFile) -> None:
    assert "by_colour" in made("of = 't.lists'", contracts)[0]


def test_fixed_members_have_their_value(contracts: ContractFile) -> None:
    documents = made("model = 'Tree', fixed = { name = 'oak', 'left.name' = 'elm', children = [] }", contracts)
    found = [json.loads(document) for document in documents]
    assert {(tree["name"], tree["left"]["name"], len(tree["children"])) for tree in found} == {("oak", "elm", 0)}


def test_a_pattern_that_only_the_model_understands_may_be_fixed(contracts: ContractFile) -> None:
    documents = made("model = 'Foreign', fixed = { word = 'ÄÖ', code = 'ac' }", contracts)
    assert set(documents) == {'{"word": "ÄÖ", "code": "ac"}'}


def test_the_same_seed_gives_the_same_documents_and_another_others(contracts: ContractFile) -> None:
    assert made("model = 'Zoo'", contracts) == made("model = 'Zoo'", contracts)
    assert made("model = 'Zoo'", contracts) != made("model = 'Zoo'", contracts, seed=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("model = 'Nothing'", "sql/demo/contracts.py has no model 'Nothing'"),
        ("of = 't.x'", "CONTRACTS of sql/demo/contracts.py has no 't.x', only t.scalars, t.lists"),
        ("model = 'Never'", "Never refuses : Value error, it is never right; say what is to be there with fixed"),
        ("model = 'Endless'", "the model contains itself without an end"),
        ("model = 'Odd'", "no text was found for the pattern '^(?:a|b)$' with 5 to inf characters"),
        ("model = 'Foreign'", "word: bad escape \\p at position 1; say what is to be there with fixed"),
        ("model = 'Tree', fixed = { 'name.x' = 1, 'children.x.y' = 2 }", "Tree refuses"),
    ],
)
def test_documents_that_cannot_be_are_told_before_anything_runs(
    options: str, message: str, contracts: ContractFile
) -> None:
    found = rehearse(read(options, contracts))[1]
    assert [message in problem.message for problem in found] == [True], found
    assert found[0].key == "tables.t.columns.c"


def test_without_a_file_of_contracts_there_is_no_model() -> None:
    assert "there is no contracts.py" in rehearse(read("model = 'Tree'", None))[1][0].message


@pytest.mark.parametrize(("line", "read"), [("c = {make='contract', of = 't.x'}", True), ("# contract", False)])
def test_the_models_are_read_only_where_documents_are_made_of_them(tmp_path: Path, line: str, *, read: bool) -> None:
    for name, text in (("seeds/seed.toml", line), ("sql/contracts.py", MODELS)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    platform = Platform("demo", tmp_path, tmp_path / "phases", tmp_path / "sql", tmp_path / "seeds")
    assert (read_sources(platform).contracts is not None) is read


def test_the_models_are_part_of_what_tells_seeds_apart(contracts: ContractFile) -> None:
    plain: Sources = sources("a")
    one, other = (replace(plain, contracts=replace(contracts, text=text)) for text in "ab")
    assert len({plain.checksum(), one.checksum(), other.checksum()}) == 3


@pytest.mark.parametrize(
    ("schema", "check"),
    [
        ({"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 3}]}, lambda value: value == 3),
        ({"type": ["integer", "null"]}, lambda value: value is None or isinstance(value, int)),
        ({"properties": {"a": {"const": 1}}, "required": ["a"]}, lambda value: value == {"a": 1}),
        ({"type": "string", "format": "ipv6"}, lambda value: value.startswith("2001:db8::")),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.01}, lambda value: 0 < value < 0.01),
        (
            {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True},
            lambda made: len(made) == len(set(made)),
        ),
        (ENDLESS, lambda value: json.dumps(value).count("inner") < 9),
        ({"type": "array", "prefixItems": [{"const": 1}], "items": False}, lambda value: value == [1]),
    ],
)
def test_schemas_that_others_write(schema: dict[str, Any], check: Any) -> None:
    documents = Documents(schema, Dice(Stream("x")))
    assert all(check(documents.document()) for _ in range(50))


def test_the_bundled_contracts_can_all_be_made() -> None:
    root = Path(__file__).parents[2] / "sql"
    for path in sorted(root.glob("*/contracts.py")):
        file = ContractFile(path, path.name, "")
        for name in file.declared:
            # Of each a few: that they keep the contract is checked while they are made.
            assert rehearse(read(f"of = '{name}'", file))[1] == (), (path, name)
