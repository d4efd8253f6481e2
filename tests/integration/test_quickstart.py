"""The quickstart's commands, from the document's own text, on servers of their own."""

import os
import re
import signal
import subprocess
from pathlib import Path

from infra.local import Stack
from tests.integration.system import wait_for
from tests.tidy.tree import ROOT

BLOCKS = re.findall(r"```\n(.*?)```", (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8"), re.DOTALL)
COMMANDS = BLOCKS[0].splitlines()


def test_the_ten_commands_of_the_quickstart_lead_to_a_notice_and_its_explanation(tmp_path: Path) -> None:
    known = {name: value for name, value in os.environ.items() if not name.startswith("DFDG_")}
    environment = known | {"DFDG_STATE": str(tmp_path / "state")}

    def run(command: str) -> str:
        command = f"set -o pipefail; {command}".replace("run.log", str(tmp_path / "run.log"))
        done = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, env=environment, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        return done.stdout

    assert len(COMMANDS) == 10
    (engine,) = [command for command in COMMANDS if command.endswith("&")]
    before, after = COMMANDS[: COMMANDS.index(engine)], COMMANDS[COMMANDS.index(engine) + 1 :]
    try:
        shown = [run(command) for command in before]
        assert "c-1002" in shown[3]
        command = engine.removesuffix("&").replace("run.log", str(tmp_path / "run.log"))
        worker = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=ROOT, env=environment)
        try:
            behind, notices, explain = after
            wait_for("nothing to be behind", lambda: "dfdg." not in run(behind))
            # What a day has brought may not be on a topic yet when nothing on the topics is behind.
            wait_for("four notices", lambda: len(re.findall(r"^\d+ ", run(notices), re.MULTILINE)) == 4)
            explanation = run(explain)
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait()
    finally:
        Stack(tmp_path / "state").remove()
    assert "j-101" in explanation
    assert "CV-2" in explanation
