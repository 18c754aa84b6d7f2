from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict

from platformdb.contracts.judge import judge_document
from platformdb.contracts.model import Contract
from platformdb.contracts.read import read_contracts
from platformdb.errors import Refused
from projects import Project


class Filter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["tag", "author"]
    weight: float = 1.0


class Algorithm(BaseModel):
    filters: list[Filter]


CONTRACT = Contract("app.feeds", "config", Algorithm)

MODULE = """
from __future__ import annotations
from pydantic import BaseModel

class Inner(BaseModel):
    size: int

class Style(BaseModel):
    inner: Inner | None = None

CONTRACTS = {"profiles.style": Style, "app.profiles.other": Inner}
"""


class TestJudge:
    def test_a_document_that_keeps_its_contract_is_no_finding(self) -> None:
        assert judge_document(CONTRACT, "id=1", '{"filters": [{"kind": "tag"}]}') == ()

    @pytest.mark.parametrize(
        ("document", "path", "reason"),
        [
            ('{"filters": [{"kind": "tag"}, {"kind": "no"}]}', "$.filters[1].kind", "'tag' or 'author'"),
            ('{"filters": [{"kind": "tag", "extra": 1}]}', "$.filters[0].extra", "not permitted"),
            ("{}", "$.filters", "required"),
            ("[]", "$", "object"),
            ("null", "$", "object"),
        ],
    )
    def test_a_broken_one_names_row_path_and_reason(self, document: str, path: str, reason: str) -> None:
        (finding,) = judge_document(CONTRACT, "id=1", document)
        assert finding.message.startswith(f"app.feeds.config of id=1 at {path}: ")
        assert reason in finding.message
        assert finding.subject == "app.feeds.config[id=1]"
        assert "Algorithm" in finding.help

    def test_every_fault_of_a_document_is_a_finding(self) -> None:
        document = '{"filters": [{"kind": "x"}, {"weight": "heavy"}]}'
        paths = [f.message.split(" at ")[1].split(":")[0] for f in judge_document(CONTRACT, "id=1", document)]
        assert paths == ["$.filters[0].kind", "$.filters[1].kind", "$.filters[1].weight"]

    def test_the_document_itself_is_not_repeated(self) -> None:
        (finding,) = judge_document(CONTRACT, "id=1", '{"filters": "a private note"}')
        assert "a private note" not in f"{finding.message}{finding.detail}{finding.help}"


class TestRead:
    def test_models_are_loaded_with_their_columns(self, project: Project) -> None:
        project.write({"sql/contracts.py": MODULE})
        style, other = read_contracts(project.platform)
        assert (style.table, style.column, style.name) == ("profiles", "style", "profiles.style")
        assert (other.table, other.column) == ("app.profiles", "other")

    def test_models_resolve_each_other_with_postponed_annotations(self, project: Project) -> None:
        project.write({"sql/contracts.py": MODULE})
        style = read_contracts(project.platform)[0]
        (finding,) = judge_document(style, "id=1", '{"inner": {"size": "big"}}')
        assert "$.inner.size" in finding.message

    def test_two_platforms_do_not_share_a_module(self, project: Project) -> None:
        other = Project(project.root / "other")
        project.write({"sql/contracts.py": MODULE})
        other.write({"sql/contracts.py": MODULE.replace("profiles.style", "pages.style")})
        names = [read_contracts(p.platform)[0].name for p in (project, other)]
        assert names == ["profiles.style", "pages.style"]

    def test_a_platform_without_the_file_has_no_contracts(self, project: Project) -> None:
        assert read_contracts(project.platform) == ()

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "has no CONTRACTS"),
            ("CONTRACTS = []", "has no CONTRACTS"),
            ("CONTRACTS = {'config': dict}", "is not 'table.column' with a pydantic model"),
            ("from pydantic import BaseModel\nCONTRACTS = {'config': BaseModel}", "is not 'table.column'"),
            ("CONTRACTS = {'a.b': dict}", "is not 'table.column'"),
            ("CONTRACTS = {'a.b': 1}", "is not 'table.column'"),
            ("import nothing_like_it", "does not load: No module named"),
            ("1 / 0", "does not load: division by zero"),
            ("import sys; sys.exit(0)", "does not load: it calls exit(0)"),
            ("raise ValueError", "does not load: ValueError"),
        ],
    )
    def test_a_module_that_is_not_right_is_refused(self, project: Project, text: str, message: str) -> None:
        project.write({"sql/contracts.py": text})
        with pytest.raises(Refused) as caught:
            read_contracts(project.platform)
        assert message in caught.value.message
        assert caught.value.message.count("sql/contracts.py") == 1
        assert caught.value.help

    def test_what_a_module_prints_is_not_the_result(self, project: Project, capfd: pytest.CaptureFixture[str]) -> None:
        project.write({"sql/contracts.py": "print('loading')\nCONTRACTS = {}"})
        assert read_contracts(project.platform) == ()
        assert capfd.readouterr() == ("", "loading\n")

    def test_a_syntax_error_has_its_line(self, project: Project) -> None:
        project.write({"sql/contracts.py": "import os\n\nx = = 1\n"})
        with pytest.raises(Refused) as caught:
            read_contracts(project.platform)
        assert str(caught.value.place) == "sql/contracts.py:3"
