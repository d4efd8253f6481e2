"""Fetches Kafka's jars and the registry's archive, once, with Maven; `pom.xml` beside this file names the versions."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from infra.errors import ServerError
from infra.progress import Say, silent

POM = Path(__file__).with_name("pom.xml")
MAVEN_DEADLINE_S = 900  # 250 MB in over a hundred files, on a slow line


def fetch(folder: Path | None = None, say: Say = silent) -> Path:
    """Puts the servers into `folder` (`kafka/*.jar`, `registry/`) unless they are there already; returns the folder.

    Default: the environment's DFDG_SERVERS, or `.local/servers` in the checkout. The folder is never there half done:
    it is made under another name and then renamed. Raises `ServerError` when Maven is missing or fails.
    """
    target = (folder or default_folder()).resolve()
    if _complete(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two calls at once the second finds the work done
        if not _complete(target):
            _download(target, say)
    return target


def main() -> None:
    """For `make setup`: fetches into the default folder and prints its progress."""
    try:
        fetch(say=lambda text: print(text, flush=True))  # noqa: T201 - a command's own output
    except ServerError as error:
        sys.exit(str(error))


def default_folder() -> Path:
    """The folder of the servers: DFDG_SERVERS, or `.local/servers` in the checkout."""
    return Path(os.environ.get("DFDG_SERVERS") or Path(__file__).parents[2] / ".local" / "servers")


def version(name: str) -> str:
    """The version of "kafka" or "registry" as `pom.xml` pins it."""
    space = "{http://maven.apache.org/POM/4.0.0}"
    return ET.parse(POM).findtext(f"{space}properties/{space}{name}.version") or "unknown"


def _complete(target: Path) -> bool:
    marker = target / "fetched"
    return marker.exists() and marker.read_text() == _fingerprint()


def _fingerprint() -> str:
    digest = hashlib.sha256(POM.read_bytes()).hexdigest()
    return f"kafka {version('kafka')}\nregistry {version('registry')}\npom.xml {digest}\n"


def _download(target: Path, say: Say) -> None:
    maven = _maven(say)
    say(f"Fetching Kafka {version('kafka')} and Apicurio Registry {version('registry')} with Maven (once, 250 MB) ...")
    with tempfile.TemporaryDirectory(prefix=f"{target.name}.", dir=target.parent) as made:
        command = [maven, "-q", "-B", "--strict-checksums", "-f", str(POM), f"-Dtarget={made}/servers", "package"]
        _run(command, "Maven could not fetch the servers. Is the package registry reachable?")
        shutil.rmtree(Path(made) / "servers" / "markers")  # Maven's own notes
        (Path(made) / "servers" / "fetched").write_text(_fingerprint())
        if target.exists():
            target.rename(Path(made) / "outdated")
        (Path(made) / "servers").rename(target)
    say(f"The servers are in {target}.")


def _maven(say: Say) -> str:
    """The path of Maven. A missing Maven is installed when the user is root on Debian."""
    if not shutil.which("mvn") and os.geteuid() == 0 and shutil.which("apt-get"):
        say("Maven is missing: installing the package `maven` with apt-get ...")
        problem = "apt-get could not install `maven`. Install it yourself and try again."
        _run(["apt-get", "-qq", "update"], problem)
        _run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", "maven"], problem)
    if program := shutil.which("mvn"):
        return program
    raise ServerError("Maven is needed once, to fetch the servers. Install the package `maven` and try again.")


def _run(command: list[str], problem: str) -> None:
    settings = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=MAVEN_DEADLINE_S, check=False)
    if done.returncode != 0:
        raise ServerError(f"{problem}\n{(done.stdout + done.stderr)[-2000:]}")
