"""bi.star.dk: its users, their modules, and the move to NemLog-in (BI-1 … BI-4)."""

from collections.abc import Mapping
from typing import ClassVar, Literal, get_args

from schemas.event import Code, Event, Id
from schemas.requests import Answer, Request

Login = Literal["old", "nemlogin"]
Status = Literal["old-login", "rights-to-move", "nemlogin", "removed"]


class BiAccessRecorded(Event):
    """A user has access to these modules. Modules are added; `removed` takes the access away.

    `initial`: the first load of existing users. Otherwise `responsible` has created the access: the person responsible
    for users in a jobcentre or fund.
    """

    SCHEMA: ClassVar[str] = "bi-access-recorded.v1"
    KEY: ClassVar[str] = "user"

    user: Id
    responsible: Id
    modules: list[Id]
    removed: bool = False
    initial: bool = False


class BiLoginRequested(Request):
    """A user asks to log in, by the old login or by NemLog-in, with an employee signature or without."""

    SCHEMA: ClassVar[str] = "bi-login-requested.v1"
    CODES: ClassVar[Mapping[str, tuple[str, ...]]] = {"login": get_args(Login)}

    login: Code
    employee_signature: bool


class BiLoginAnswered(Answer):
    """The one answer to that request; `modules`: those that the user can use once logged in."""

    SCHEMA: ClassVar[str] = "bi-login-answered.v1"

    modules: list[Id]


class BiRightsMovedRequested(Request):
    """A user who is logged in by NemLog-in asks to move the rights from the old access."""

    SCHEMA: ClassVar[str] = "bi-rights-moved-requested.v1"


class BiRightsMovedAnswered(Answer):
    """The one answer to that request."""

    SCHEMA: ClassVar[str] = "bi-rights-moved-answered.v1"


class BiModuleRequested(Request):
    """A user, perhaps one without any access yet, asks the person responsible for users for a module."""

    SCHEMA: ClassVar[str] = "bi-module-requested.v1"

    responsible: Id
    module: Id


class BiModuleAnswered(Answer):
    """The one answer to that request, given when the person responsible has decided."""

    SCHEMA: ClassVar[str] = "bi-module-answered.v1"

    module: Id


class BiModuleDecidedRecorded(Event):
    """The person responsible has decided that request of a user."""

    SCHEMA: ClassVar[str] = "bi-module-decided-recorded.v1"
    KEY: ClassVar[str] = "user"

    user: Id
    request: Id
    responsible: Id
    granted: bool


class BiUserChanged(Event):
    """A user as known from now on: the way to log in, and the modules that can be used."""

    SCHEMA: ClassVar[str] = "bi-user-changed.v1"
    KEY: ClassVar[str] = "user"

    user: Id
    status: Status
    responsible: Id
    modules: list[Id]
    modules_to_move: list[Id]
    rule: str
