"""`dfdg registry`: a copy of the registry's schemas with their ids, and the way back into an empty one."""

from typing import Annotated

import typer

from infra.cli.common import Commands, addresses
from infra.console import say

registry_app = typer.Typer(name="registry", cls=Commands, no_args_is_help=True, help="The schema registry's copy.")


@registry_app.callback()
def registry() -> None:
    """The schema registry's copy."""


@registry_app.command("export")
def export(
    file: Annotated[typer.FileTextWrite, typer.Argument(help="JSON lines, a schema each; - is stdout.")],
) -> None:
    """Write all schemas that the registry has, other systems' too, with the ids that records name them with.

    \b
    Example:  dfdg registry export schemas.jsonl
    """
    from infra.registry import Registry
    from infra.registry_copy import as_line

    found = Registry(addresses("registry").registry).versions()
    file.writelines(map(as_line, found))
    say(f"{len(found)} schemas are written.")


@registry_app.command("import")
def put_back(
    file: Annotated[
        typer.FileText | None, typer.Argument(help="What `registry export` wrote; else what the database knows.")
    ] = None,
) -> None:
    """Put schemas back into an empty registry, each under the id that it had.

    The database knows every schema that an engine of ours has registered or met, so no file is needed for those. What
    the registry has already is left as it is; an id that comes out otherwise ends the command.

    \b
    Example:  dfdg registry import && dfdg init
    """
    from infra.registry import Registry
    from infra.registry_copy import from_lines
    from infra.registry_copy import put_back as put
    from infra.schema_ids import SchemaIds

    there = addresses("registry", "postgres")
    ids = SchemaIds(there.dsn)
    if file is not None:
        ids.keep(from_lines(file))
    known = ids.all()
    done = put(Registry(there.registry, there.dsn), known)
    say(f"{done} of {len(known)} schemas were put back under their ids; the registry has all of them now.")
