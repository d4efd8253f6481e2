"""bi.star.dk: what is recorded and asked for, and what follows; user-1, responsible-1 and module "a" unless told."""

from typing import Any

from schemas.bi import (
    BiAccessRecorded,
    BiLoginAnswered,
    BiLoginRequested,
    BiModuleAnswered,
    BiModuleDecidedRecorded,
    BiModuleRequested,
    BiRightsMovedAnswered,
    BiRightsMovedRequested,
    BiUserChanged,
)
from schemas.notices import NoticeIssued
from tests.builders import day, moment
from tests.request_builders import REQUEST, USER, answer, asked, told

RESPONSIBLE = "responsible-1"
DAY = {"day": "21.06.2021"}


def access(at: str, *modules: str, **fields: Any) -> BiAccessRecorded:
    known = {"user": USER, "responsible": RESPONSIBLE, "modules": list(modules or ("a",))}
    return BiAccessRecorded(occurred_at=moment(at), **known | fields)


def login(at: str, how: str = "nemlogin", *, signature: bool = True, **fields: Any) -> BiLoginRequested:
    return asked(BiLoginRequested, at, login=how, employee_signature=signature, **fields)


def let_in(at: str, *modules: str, text: str = "bi-login-granted", rule: str = "BI-3") -> BiLoginAnswered:
    return answer(BiLoginAnswered, at, granted=True, rule=rule, text=text, details=DAY, modules=list(modules))


def kept_out(at: str, text: str, rule: str = "BI-2") -> BiLoginAnswered:
    return answer(BiLoginAnswered, at, granted=False, rule=rule, text=text, details=DAY, modules=[])


def move(at: str, request: str = REQUEST) -> BiRightsMovedRequested:
    return asked(BiRightsMovedRequested, at, request=request)


def moved(
    at: str, text: str = "bi-rights-moved", *, granted: bool = True, request: str = REQUEST
) -> BiRightsMovedAnswered:
    return answer(BiRightsMovedAnswered, at, granted=granted, rule="BI-3", text=text, details=DAY, request=request)


def module_request(at: str, module: str = "a", **fields: Any) -> BiModuleRequested:
    return asked(BiModuleRequested, at, **{"responsible": RESPONSIBLE, "module": module} | fields)


def decided(at: str, *, granted: bool, **fields: Any) -> BiModuleDecidedRecorded:
    known = {"user": USER, "request": REQUEST, "responsible": RESPONSIBLE}
    return BiModuleDecidedRecorded(occurred_at=moment(at), granted=granted, **known | fields)


def module_answer(at: str, module: str = "a", *, granted: bool, text: str | None = None) -> BiModuleAnswered:
    text = text or ("bi-module-granted" if granted else "bi-module-refused")
    return answer(
        BiModuleAnswered, at, granted=granted, rule="BI-4", text=text, details={"module": module}, module=module
    )


def module_notices(at: str, module: str = "a", *, granted: bool) -> list[NoticeIssued]:
    """To the user and to the person responsible."""
    reason = "bi-module-granted" if granted else "bi-module-refused"
    receipt = {"module": module, "granted": "yes" if granted else "no"}
    return [
        told(at, USER, reason, "BI-4", {"module": module}),
        told(at, RESPONSIBLE, "bi-module-decided", "BI-4", receipt),
    ]


def module_asked(at: str, module: str = "a") -> NoticeIssued:
    return told(at, RESPONSIBLE, "bi-module-asked", "BI-4", {"module": module})


def not_counted(at: str, module: str = "a") -> NoticeIssued:
    return told(at, RESPONSIBLE, "bi-module-decided-by-another", "BI-4", {"module": module})


def created(at: str, modules: str) -> list[NoticeIssued]:
    """To the user and to the person responsible."""
    details = {"modules": modules}
    return [
        told(at, USER, "bi-access-created", "BI-4", details),
        told(at, RESPONSIBLE, "bi-access-created-by-you", "BI-4", details),
    ]


def mail(at: str) -> NoticeIssued:
    return told(at, USER, "bi-nemlogin-comes", "BI-1", DAY, from_day=day("2021-06-21"))


def changed(at: str, status: str, *modules: str, to_move: tuple[str, ...] = (), rule: str = "BI-4") -> BiUserChanged:
    known: dict[str, Any] = {"user": USER, "status": status, "responsible": RESPONSIBLE}
    return BiUserChanged(
        occurred_at=moment(at), modules=list(modules), modules_to_move=list(to_move), rule=rule, **known
    )
