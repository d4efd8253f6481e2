"""Apicurio Registry with Confluent's interface, its schemas kept in our PostgreSQL."""

import json
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from infra.errors import ServerError
from infra.local.fetch import version
from infra.local.process import QUICK, Server, java

INTERFACE = "/apis/ccompat/v7"
COMPATIBILITY = "FULL_TRANSITIVE"  # readers and writers of all versions understand each other
REQUEST_TIMEOUT_S = 10.0


def server(folder: Path, servers: Path, ports: tuple[int, int], database_port: int, password: str) -> Server:
    """The registry at loopback `ports` (interface, management). Once it serves, it refuses incompatible schemas."""
    program = servers / "registry" / "quarkus-run.jar"
    # Without validation the registry answers 500 once for every pooled connection that a restart of PostgreSQL has cut.
    options = ("-Xmx300m", f"-Djava.io.tmpdir={folder}", "-Dquarkus.datasource.postgresql.jdbc.validate-on-borrow=true")
    return Server(
        name="registry", version=version("registry"), mark=str(folder), log=folder / "registry.log",
        command=(java(), QUICK, *options, "-jar", str(program)), ports=ports,
        environment=_settings(ports, database_port, password),
        ready=lambda: _request("GET", ports[0], "/subjects")[0] == 200, settle=lambda: _demand_compatibility(ports[0]),
    )  # fmt: skip


def url(port: int) -> str:
    """The registry's address for clients."""
    return f"http://127.0.0.1:{port}{INTERFACE}"


def _settings(ports: tuple[int, int], database_port: int, password: str) -> dict[str, str]:
    return {
        "APICURIO_STORAGE_KIND": "sql",
        "APICURIO_STORAGE_SQL_KIND": "postgresql",
        "APICURIO_DATASOURCE_URL": f"jdbc:postgresql://127.0.0.1:{database_port}/apicurio",
        "APICURIO_DATASOURCE_USERNAME": "apicurio",
        "APICURIO_DATASOURCE_PASSWORD": password,
        "QUARKUS_HTTP_HOST": "127.0.0.1",
        "QUARKUS_HTTP_PORT": str(ports[0]),
        "QUARKUS_MANAGEMENT_HOST": "127.0.0.1",
        "QUARKUS_MANAGEMENT_PORT": str(ports[1]),
        "QUARKUS_OTEL_SDK_DISABLED": "true",
        "APICURIO_DATASOURCE_JDBC_INITIAL_SIZE": "2",  # 20 idle connections by default
        "APICURIO_DATASOURCE_JDBC_MIN_SIZE": "2",
        "APICURIO_DATASOURCE_JDBC_MAX_SIZE": "20",
        "QUARKUS_HTTP_ACCESS_LOG_ENABLED": "false",
        "QUARKUS_LOG_CATEGORY__IO_APICURIO__LEVEL": "WARN",
    }


def _demand_compatibility(port: int) -> None:
    status, answer = _request("PUT", port, "/config", {"compatibility": COMPATIBILITY})
    if status != 200:
        raise ServerError(f"The registry would not set {COMPATIBILITY}: it answered {status} {answer}")


def _request(method: str, port: int, path: str, body: dict[str, str] | None = None) -> tuple[int, str]:
    """The answer's status and body; (0, reason) when there is no answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=REQUEST_TIMEOUT_S)
    try:
        content = {"Content-Type": "application/vnd.schemaregistry.v1+json"}
        connection.request(method, INTERFACE + path, json.dumps(body) if body else None, content)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()
