"""bi.star.dk: which logins are granted, and the modules that a user has then (BI-2, BI-3).

**Chosen**: NemLog-in is not open before its day, and the old login of a user with access goes on until then. With
NemLog-in and an employee signature every user gets in. A user without access gets in without modules, and can ask for
them.
"""

from typing import NamedTuple

from schemas.bi import BiLoginAnswered, BiLoginRequested
from schemas.release_dates import BI_NEMLOGIN
from schemas.texts.days import danish_day
from streams.policies.answers import answered
from streams.policies.bi_state import BiUser


class Row(NamedTuple):
    """The outcome of a login before the day of NemLog-in, or from it on. None: it does not matter.

    `signature`: with an employee signature; `moved`: the rights are moved, which closes the old access for good;
    `known`: the user has access.
    """

    rule: str
    from_the_day: bool
    login: str
    signature: bool | None
    moved: bool | None
    known: bool | None
    granted: bool
    text: str


LOGINS = (
    Row("BI-2", False, "old", None, None, True, granted=True, text="bi-login-granted"),
    Row("BI-2", False, "old", None, None, False, granted=False, text="bi-login-refused-unknown"),
    Row("BI-2", False, "nemlogin", None, None, None, granted=False, text="bi-login-refused-not-yet"),
    Row("BI-2", True, "old", True, False, None, granted=False, text="bi-login-refused-use-nemlogin"),
    Row("BI-3", True, "old", True, True, None, granted=False, text="bi-login-refused-closed"),
    Row("BI-2", True, "old", False, None, None, granted=False, text="bi-login-refused-no-signature"),
    Row("BI-2", True, "nemlogin", False, None, None, granted=False, text="bi-login-refused-no-signature"),
    Row("BI-3", True, "nemlogin", True, None, None, granted=True, text="bi-login-granted"),
)

NO_SUCH_LOGIN = Row("BI-2", False, "", None, None, None, granted=False, text="bi-login-refused-no-such-login")
"""Of a way to log in that nobody knows, on every day."""


def row_of(request: BiLoginRequested, user: BiUser | None) -> Row:
    """The one row for this request."""
    if request.unknown_codes():
        return NO_SUCH_LOGIN
    moved, known = (False, False) if user is None else (user.moved_at is not None, user.status is not None)
    case = (request.day >= BI_NEMLOGIN, request.login, request.employee_signature, moved, known)
    (row,) = (row for row in LOGINS if all(its in (None, asked) for its, asked in zip(row[1:6], case, strict=True)))
    return row


def login(user: BiUser | None, request: BiLoginRequested) -> BiLoginAnswered:
    """The answer as things stood when it was asked for, with the modules that can be used once logged in."""
    user = user and user.stood(request.occurred_at)
    row = row_of(request, user)
    modules = user.usable(request.day) if user and row.granted else ()
    text = row.text
    if row.granted and request.login == "nemlogin" and not modules:
        text = "bi-login-rights-to-move" if user and user.status == "rights-to-move" else "bi-login-no-modules"
    return answered(
        BiLoginAnswered, request, granted=row.granted, rule=row.rule, text=text,
        details={"day": danish_day(BI_NEMLOGIN)}, modules=list(modules),
    )  # fmt: skip
