"""An operator's acts about providers: list them, let one in, shut one out (ACC-1)."""

from datetime import date, datetime
from typing import NamedTuple

from psycopg import Connection, sql

GROUP, GATEWAY = "dfdg_provider", "dfdg_provider_gateway"


class ProviderError(Exception):
    """The command does not fit the state of the provider; the text says which one does."""


class Provider(NamedTuple):
    """`admitted`: its role may read at all. `can_log_in`: it has a password of its own, which holds until the moment
    `until`. `citizens`: readable now."""

    provider: str
    name: str
    admitted: bool
    can_log_in: bool
    until: datetime | None
    citizens: int


class Moment(NamedTuple):
    """The day by which referrals are judged now. `simulated`: a simulated calendar's moment, None on the wall clock."""

    today: date
    simulated: datetime | None


_LIST = """
select p.provider, p.name, pg_has_role('provider_' || p.provider, %(group)s, 'usage'),
    r.rolcanlogin and not access.expired(r.rolname) and coalesce(
        (select action = 'grant' from access.admission where provider = p.provider order by id desc limit 1), false),
    r.rolvaliduntil,
    (select count(distinct citizen) from access.referral r
        where r.provider = p.provider and access.may_read('provider_' || p.provider, citizen, record))
from access.provider p join pg_roles r on r.rolname = 'provider_' || p.provider
order by p.provider
"""
_MOMENT = "select now.today, clock.moment from access.now, access.clock"
_KNOWN = "select from access.provider where provider = %s for update"
_AUDIT = "insert into access.admission (who, action, provider) values (%s, %s, %s)"
_CONFINE = "select access.confine(%s)::text"
_TEMPORARY = "select current_database() where has_database_privilege('public', current_database(), 'temporary')"
_END = "select pg_terminate_backend(pid) from pg_stat_activity where usename = %s"


def role_of(provider: str) -> str:
    """The provider's role in the database."""
    return f"provider_{provider}"


def providers(connection: Connection) -> list[Provider]:
    """Every provider that was recorded."""
    return [Provider(*row) for row in connection.execute(_LIST, {"group": GROUP}).fetchall()]


def moment(connection: Connection) -> Moment:
    """The day by which referrals are judged."""
    today, simulated = connection.execute(_MOMENT).fetchone() or (None, None)
    if today is None:
        raise ProviderError("access.clock has lost its row, so nobody knows the day: insert (true, null).")
    return Moment(today, simulated)


def grant(connection: Connection, provider: str, password: str, who: str) -> None:
    """Let the provider in with that password, which replaces an earlier one; the server only ever sees its SCRAM hash.

    It ends as `access.confine` says. Raises `ProviderError` when no such provider was recorded.
    """
    role = sql.Identifier(role_of(provider))
    secret = connection.pgconn.encrypt_password(password.encode(), role_of(provider).encode(), b"scram-sha-256")
    with connection.transaction():
        _record(connection, provider, "grant", who)
        (until,) = connection.execute(_CONFINE, (role_of(provider),)).fetchone() or ("",)
        secret_until = (sql.Literal(secret.decode()), sql.Literal(until))
        connection.execute(sql.SQL("alter role {} login password {} valid until {}").format(role, *secret_until))
        for (name,) in connection.execute(_TEMPORARY).fetchall():  # a copied or restored database has forgotten it
            connection.execute(sql.SQL("revoke temporary on database {} from public").format(sql.Identifier(name)))
        connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(GROUP), role))
        connection.execute(sql.SQL("grant {} to {}").format(role, sql.Identifier(GATEWAY)))


def revoke(connection: Connection, provider: str, who: str) -> None:
    """Shut the provider out at once, also in sessions that are open, until it is granted again.

    Raises `ProviderError` when no such provider was recorded.
    """
    role = sql.Identifier(role_of(provider))
    with connection.transaction():
        _record(connection, provider, "revoke", who)
        connection.execute(sql.SQL("alter role {} nologin password null").format(role))
        connection.execute(sql.SQL("revoke {} from {}").format(sql.Identifier(GROUP), role))
        connection.execute(sql.SQL("revoke {} from {}").format(role, sql.Identifier(GATEWAY)))
    connection.execute(_END, (role_of(provider),))


def _record(connection: Connection, provider: str, action: str, who: str) -> None:
    if not who.strip():
        raise ProviderError("Give your name with --who: every decision is recorded with one.")
    if connection.execute(_KNOWN, (provider,)).fetchone() is None:
        raise ProviderError(f"No provider {provider} was recorded. `dfdg provider list` shows those that were.")
    connection.execute(_AUDIT, (who, action, provider))
