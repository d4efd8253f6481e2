"""`python -m schemas.new` on a copy of the package: what it writes, what it leaves alone, and what it says."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.catalogue import KINDS
from tests.tidy.tree import ROOT

CLASS = '''

class SampleNotedRecorded(Event):
    """A sample of a citizen's facts.

    More about it.
    """

    SCHEMA: ClassVar[str] = "sample-noted-recorded.v1"
    KEY: ClassVar[str] = "citizen"

    citizen: Id
    verified: Annotated[bool, Field(description="True when the citizen has confirmed it.")]
    channel: Annotated[str, Field(pattern="^[a-z]{3}$", examples=["web", "app"])] = "web"
    last_day: Day | None = None
    tried: list[Literal["sms", "letter"]]
    lines: int
'''
TOPIC = 'SAMPLE_NOTED_RECORDED = Topic("dfdg.sample-noted-recorded-v1", cv.SampleNotedRecorded)'
UNKNOWN = "TODO: what it is."
DOCS = {
    "occurred_at": "When the source recorded the fact: microseconds since 1970-01-01 in UTC.",
    "citizen": "The citizen's id in DFDG, 1 to 64 characters; never a CPR number.",
    "verified": "True when the citizen has confirmed it.",
    "channel": UNKNOWN,
    "last_day": UNKNOWN,
    "tried": UNKNOWN,
    "lines": UNKNOWN,
}
"""What others call a moment and a citizen is taken over; what the class says counts first."""
NAME, WRITTEN = "sample-noted-recorded", "schemas/examples/sample-noted-recorded.v1"


class Copy:
    """A copy of the package and of `docs/stores.md`, to which the class is added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "schemas", folder / "schemas", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "docs").mkdir()
        shutil.copy(ROOT / "docs" / "stores.md", folder / "docs")
        self.change("schemas/cv.py", "from typing import Annotated,", "from typing import Annotated, Literal,")
        self.change(
            "schemas/cv.py", "from pydantic import AfterValidator,", "from pydantic import AfterValidator, Field,"
        )
        (folder / "schemas" / "cv.py").write_text(self.text("schemas/cv.py") + CLASS, encoding="utf-8")

    def change(self, name: str, was: str, becomes: str) -> None:
        text = self.text(name)
        assert was in text
        (self.folder / name).write_text(text.replace(was, becomes, 1), encoding="utf-8")

    def add_topic(self) -> None:
        self.change("schemas/topics.py", "\nTITLE_TABLE_PUBLISHED =", f"{TOPIC}\n\nTITLE_TABLE_PUBLISHED =")

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def files(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}

    def new(self, *names: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "schemas.new", *names]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)

    def refused(self, *names: str) -> str:
        """What it says when it writes nothing."""
        before = self.files()
        done = self.new(*names)
        assert (done.returncode, self.files()) == (1, before)
        assert "Traceback" not in done.stderr
        return done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_a_class_and_a_topic_bring_contract_examples_lock_and_row_and_twice_changes_nothing(copy: Copy) -> None:
    copy.add_topic()
    before = copy.files()
    done = copy.new(NAME)
    assert done.returncode == 0, done.stderr
    contract = json.loads(copy.text("schemas/avro/sample-noted-recorded.v1.avsc"))
    assert contract["doc"] == "A sample of a citizen's facts."
    assert {field["name"]: field["doc"] for field in contract["fields"]} == DOCS
    assert [field.get("default", "none") for field in contract["fields"]] == [
        *["none"] * 3,
        "web",
        None,
        "none",
        "none",
    ]
    fields = {kind: json.loads(copy.text(f"{WRITTEN}/{kind}.json")) for kind in KINDS}
    assert fields["minimal"].keys() == {"occurred_at", "citizen", "verified", "tried", "lines"}
    assert fields["ordinary"] == fields["minimal"] | {
        "citizen": fields["ordinary"]["citizen"], "channel": "web", "last_day": fields["ordinary"]["last_day"]
    }  # fmt: skip
    assert fields["awkward"] | {"verified": True, "channel": "app", "lines": 2**31 - 1} == fields["awkward"]
    assert fields["awkward"]["last_day"] is not None
    assert "dfdg.sample-noted-recorded-v1-value 1 " in copy.text("schemas/schemas.lock")
    rows = copy.text("docs/stores.md").splitlines()
    (row,) = (number for number, line in enumerate(rows) if "sample-noted" in line)
    assert rows[row] == "| `dfdg.sample-noted-recorded-v1` | TODO: what it holds, of whom | 30 days |"
    assert "title-table-published" in rows[row + 1]
    changed = {str(path.relative_to(copy.folder)) for path in dict(copy.files().items() - before.items())}
    assert changed == {line.partition(":")[0] for line in done.stdout.splitlines()}
    assert {"docs/stores.md: 1 to fill in, at TODO:", f"{WRITTEN}/minimal.json"} <= set(done.stdout.splitlines())

    copy.change("docs/stores.md", "TODO: what it holds, of whom", "a citizen's sample")
    copy.change("schemas/avro/sample-noted-recorded.v1.avsc", "TODO: what it is.", "The code of the channel.")
    copy.change(f"{WRITTEN}/ordinary.json", '"lines": 1', '"lines": 3')
    filled = copy.files()
    again = copy.new(NAME)
    assert (again.returncode, again.stdout) == (0, "It is all there.\n")
    assert copy.files() == filled


def test_a_released_contract_is_never_overwritten(copy: Copy) -> None:
    copy.change(
        "schemas/cv.py", "    kind: Annotated[str, _one_of(EXEMPTIONS", "    sort: Annotated[str, _one_of(EXEMPTIONS"
    )
    told = copy.refused("cv-exemption-recorded")
    assert "schemas.lock has cv-exemption-recorded.v1 with other fields. A released schema never changes." in told


def test_what_a_person_writes_first_is_asked_for_by_name(copy: Copy) -> None:
    assert f"Add it to schemas/topics.py first: {TOPIC}" in copy.refused(NAME)
    assert "Write the class first. Is sample-noted-recorded meant?" in copy.refused("sample-note-recorded")


def test_a_type_that_no_contract_has_and_a_field_without_an_example_are_named(copy: Copy) -> None:
    copy.add_topic()
    copy.change("schemas/cv.py", ', examples=["web", "app"])] = "web"', ")]")
    told = copy.refused(NAME)
    assert "No ordinary example of sample-noted-recorded.v1 is found. channel: String should match pattern" in told
    copy.change("schemas/cv.py", "    lines: int", "    lines: float")
    assert "<class 'float'> has no Avro type" in copy.refused(NAME)
