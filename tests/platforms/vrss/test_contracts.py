"""What VRSS's JSONB columns may hold, in the models and in the database."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from platformdb.contracts.read import read_contracts
from platformdb.contracts.run import check_contracts
from platformdb.postgres.connect import Connection
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platforms.vrss.build import (
    make,
)
from rows import value, values

BACKGROUND = "user_profiles.background_config"
STYLE = "user_profiles.style_config"
ALGORITHM = "custom_feeds.algorithm_config"

RIGHT = (
    # The document's own model: type, value, position.
    (BACKGROUND, {"type": "color", "value": "#ff8800"}),
    (BACKGROUND, {"type": "color", "value": "#F80", "position": "center"}),
    (BACKGROUND, {"type": "color", "value": "#ff8800cc"}),
    (BACKGROUND, {"type": "image", "value": "https://media.example.org/sea.jpg", "position": "cover"}),
    (BACKGROUND, {"type": "image", "value": "http://media.example.org/sea.jpg?w=1", "position": "top"}),
    (BACKGROUND, {"type": "video", "value": "https://media.example.org/sea.mp4", "position": "bottom"}),
    (STYLE, {}),
    (STYLE, {"font": "serif", "font_scale": 1.25, "accent_color": "#0af", "layout": "grid", "dark_mode": True}),
    (STYLE, {"font_scale": 1, "corner_radius": 0, "text_color": "#000000"}),
    (ALGORITHM, {"sort": "recent"}),
    (ALGORITHM, {"sort": "relevant", "weights": {"recency": 0, "likes": 2.5, "comments": 10}, "max_age_hours": 48}),
    (ALGORITHM, {"sort": "popular", "max_per_author": 1, "include_reposts": False, "include_own": True}),
)

# column, document, where the fault is
WRONG = (
    (BACKGROUND, {"value": "#fff"}, ("type",)),
    (BACKGROUND, {"type": "color"}, ("value",)),
    (BACKGROUND, {"type": "gradient", "value": "#fff"}, ("type",)),
    (BACKGROUND, {"type": "color", "value": "red"}, ("value",)),
    (BACKGROUND, {"type": "color", "value": "#ff"}, ("value",)),
    (BACKGROUND, {"type": "color", "value": "https://a.example/1.jpg"}, ("value",)),
    (BACKGROUND, {"type": "image", "value": "#ffffff"}, ("value",)),
    (BACKGROUND, {"type": "image", "value": "javascript:alert(1)"}, ("value",)),
    (BACKGROUND, {"type": "video", "value": "https://"}, ("value",)),
    (BACKGROUND, {"type": "image", "value": "https://a.example/" + "x" * 2000}, ("value",)),
    (BACKGROUND, {"type": "color", "value": "#fff", "position": "left"}, ("position",)),
    (BACKGROUND, {"type": "color", "value": "#fff", "position": None}, ("position",)),
    (BACKGROUND, {"type": "color", "value": 16777215}, ("value",)),
    (BACKGROUND, {"type": "color", "value": "#fff", "opacity": 1}, ("opacity",)),
    (STYLE, {"font": "comic"}, ("font",)),
    (STYLE, {"font_scale": 0.5}, ("font_scale",)),
    (STYLE, {"font_scale": "1"}, ("font_scale",)),
    (STYLE, {"accent_color": "blue"}, ("accent_color",)),
    (STYLE, {"corner_radius": 49}, ("corner_radius",)),
    (STYLE, {"corner_radius": 1.5}, ("corner_radius",)),
    (STYLE, {"dark_mode": "yes"}, ("dark_mode",)),
    (STYLE, {"darkmode": True}, ("darkmode",)),
    (ALGORITHM, {}, ("sort",)),
    (ALGORITHM, {"sort": "random"}, ("sort",)),
    (ALGORITHM, {"sort": "recent", "weights": {"likes": -1}}, ("weights", "likes")),
    (ALGORITHM, {"sort": "recent", "weights": {"likes": 11}}, ("weights", "likes")),
    (ALGORITHM, {"sort": "recent", "weights": {"shares": 1}}, ("weights", "shares")),
    (ALGORITHM, {"sort": "recent", "max_age_hours": 0}, ("max_age_hours",)),
    (ALGORITHM, {"sort": "recent", "max_per_author": 101}, ("max_per_author",)),
    (ALGORITHM, {"sort": "recent", "include_own": 1}, ("include_own",)),
)


def case_name(given: object) -> str | None:
    return json.dumps(given)[:60] if isinstance(given, dict) else None


@pytest.fixture(scope="module")
def models(vrss: Platform) -> dict[str, type[BaseModel]]:
    return {contract.name: contract.model for contract in read_contracts(vrss)}


def test_the_documents_three_critical_columns_have_a_contract(models: dict[str, type[BaseModel]]) -> None:
    assert set(models) == {BACKGROUND, STYLE, ALGORITHM}


def test_every_jsonb_column_has_a_contract(conn: Connection, models: dict[str, type[BaseModel]]) -> None:
    found = """
        SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type = 'jsonb'
    """
    assert {name for (name,) in values(conn, found)} == set(models)


@pytest.mark.parametrize(("column", "document"), RIGHT, ids=case_name)
def test_right_document_is_taken(models: dict[str, type[BaseModel]], column: str, document: dict[str, Any]) -> None:
    kept = models[column].model_validate_json(json.dumps(document))
    assert document.items() <= kept.model_dump(exclude_unset=True).items()


@pytest.mark.parametrize(("column", "document", "path"), WRONG, ids=case_name)
def test_wrong_document_is_refused_where_it_is_wrong(
    models: dict[str, type[BaseModel]], column: str, document: dict[str, Any], path: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationError) as caught:
        models[column].model_validate_json(json.dumps(document))
    assert [error["loc"] for error in caught.value.errors()] == [path]


@pytest.mark.parametrize("text", ["[]", '"#fff"', "1", "null", "true"])
def test_what_is_no_object_is_refused(models: dict[str, type[BaseModel]], text: str) -> None:
    for model in models.values():
        with pytest.raises(ValidationError):
            model.model_validate_json(text)


@pytest.mark.parametrize("column", [BACKGROUND, STYLE, ALGORITHM])
def test_the_columns_default_keeps_the_contract(
    conn: Connection, models: dict[str, type[BaseModel]], column: str
) -> None:
    table, _, name = column.partition(".")
    make(conn, table)
    models[column].model_validate_json(value(conn, f"SELECT {name}::text FROM {table}"))


def test_a_database_without_rows_keeps_all_contracts(vrss_db: Target, vrss: Platform) -> None:
    report = check_contracts(vrss_db, vrss)
    assert (report.ok, report.findings) == (True, ())
    assert report.data["documents"] == {BACKGROUND: 0, STYLE: 0, ALGORITHM: 0}


def test_the_check_names_row_path_and_reason(busy_db: Target, admin: Connection, vrss: Platform) -> None:
    right = make(admin, "user_profiles")
    wrong = make(admin, "user_profiles", background_config={"type": "color", "value": "mauve"})
    feed = make(admin, "custom_feeds", algorithm_config={"sort": "recent", "weights": {"likes": "many"}})
    report = check_contracts(busy_db, vrss)
    assert report.exit_code == 1
    assert report.data["documents"] == {BACKGROUND: 2, STYLE: 2, ALGORITHM: 1}
    color, weight = report.findings
    assert color.subject == f"{BACKGROUND}[user_id={wrong.user_id}]"
    assert f"user_id={wrong.user_id} at $.value: " in color.message
    assert "a color is written #rgb" in color.message
    assert weight.subject == f"{ALGORITHM}[id={feed.id}]"
    assert f"id={feed.id} at $.weights.likes: " in weight.message
    assert "number" in weight.message
    assert str(right.user_id) not in color.message + weight.message


def test_the_check_finds_every_fault_of_a_document(busy_db: Target, admin: Connection, vrss: Platform) -> None:
    make(admin, "user_profiles", style_config={"font": "comic", "font_scale": 9, "glitter": True})
    messages = [finding.message for finding in check_contracts(busy_db, vrss).findings]
    paths = [message.partition(" at ")[2].partition(":")[0] for message in messages]
    assert paths == ["$.font", "$.font_scale", "$.glitter"]
