"""`python -m infra.cli` is `dfdg`."""

from infra.cli import app

app(prog_name="dfdg")
