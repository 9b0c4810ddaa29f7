"""Recording acts. Call inside the transaction of the act itself."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from federation import scope, tree
from federation.models import Appointment, AuditEvent, OrgUnit, User

# What an auditor reads for a verb; one that is missing here is shown as it is.
VERBS = {
    "login": "登录",
    "login_failed": "登录失败",
    "logout": "退出",
    "confirm": "再次确认身份",
    "confirm_failed": "再次确认身份失败",
    "end_session": "结束其他登录",
    "change_password": "修改密码",
    "code_failed": "动态口令错误",
    "enrol_second_factor": "启用动态口令",
    "reset_second_factor": "取消动态口令",
    "renew_recovery_codes": "更换恢复码",
    "use_recovery_code": "使用恢复码",
    "issue_password": "发放密码",
    "denied": "越权被拒",
    "denied_more": "多次越权被拒",
    "many_misses": "频繁访问打不开的地址",
    "export_audit": "导出审计记录",
    "disable_account": "停用账号",
    "enable_account": "启用账号",
    "change_account": "修改账号资料",
    "appoint": "任职",
    "deputy": "代理",
    "seconded": "借调",
    "end_appointment": "结束任职",
    "transfer": "调动",
    "import_accounts": "导入账号",
    "leave": "离任",
    "derive_grants": "核定权限",
    "hook_up": "挂钩",
    "end_hook_up": "结束挂钩",
    "add_unit": "新设组织",
    "rename_unit": "修改组织",
    "move_unit": "划转组织",
    "merge_unit": "合并组织",
    "split_unit": "拆分组织",
    "close_unit": "撤销组织",
    "rename_division": "区划更名",
    "recode_division": "区划改码",
    "draft_notice": "起草通知",
    "change_notice": "修改通知草稿",
    "discard_notice": "删除通知草稿",
    "publish_notice": "发布通知",
    "correct_notice": "更正通知",
    "withdraw_notice": "撤回通知",
    "sign_notice": "签收通知",
    "open_collection": "下发收集",
    "submit": "提交",
    "withdraw": "撤回",
    "approve": "通过",
    "return": "退回",
    "consolidate": "汇总",
    "release": "退出汇总",
    "remove_row": "移出一行",
    "open_batch": "开始收表",
    "receive_file": "收下来件",
    "answer_file": "回答来件中的疑问",
    "reopen_file": "重新办理来件",
    "choose_unit_of_file": "指定来件单位",
    "take_over_file": "带入来件",
    "decline_file": "不予带入来件",
    "make_backup": "备份",
    "restore_backup": "从备份恢复",
    "download_file": "下载来件",
    "import_register": "导入台账",
    "try_register": "试读台账",
    "import_archive": "随台账建档",
    "import_places": "导入阵地、帮扶力量",
    "export_places": "导出阵地、帮扶力量",
    "export_register": "导出台账",
    "export_pairs": "导出结对台账、年度统计",
    "export_archive": "随台账导出档案",
    "request_job": "申请作业",
    "finish_job": "作业完成",
    "fail_job": "作业失败",
    "deny_job": "作业未获准",
    "download_job": "下载文件",
    "refuse_download": "下载被拒",
    "urge": "催报",
    "change_ladder": "修改提醒安排",
    "change_channel": "修改提醒方式",
    "issued_supervision": "发出督办单",
    "answered_supervision": "答复督办单",
    "returned_supervision": "退回督办答复",
    "struck_off_supervision": "督办销号",
    "open_archive": "打开档案",
    "give_reason": "填写查阅事由",
    "open_search_hit": "从搜索打开档案",
    "reveal": "查看隐去的内容",
    "many_reveals": "频繁查看隐去的内容",
    "name_carer": "指定关爱责任人",
    "end_carer": "结束关爱责任人",
    "authorise_reading": "登记查阅授权",
    "end_authorisation": "结束查阅授权",
    "record_consent": "登记同意",
    "withdraw_consent": "撤回同意",
    "open_consent_scan": "打开同意书扫描件",
    "propose_erasure": "提出删除档案",
    "confirm_erasure": "确认删除档案",
    "cancel_erasure": "取消删除档案",
    "erase_person": "删除档案",
    "verify_person": "核实档案",
    "person_death": "登记死亡",
    "person_move": "登记迁出",
    "person_exit": "登记退出",
    "person_return": "登记恢复",
    "undo_person_change": "撤销变动",
    "offer_transfer": "发起转移",
    "accept_transfer": "接收转移",
    "refuse_transfer": "不接收转移",
    "withdraw_transfer": "撤回转移",
    "person_transfer": "档案转移生效",
    "open_book": "台账开册",
    "close_book": "台账封册",
    "reopen_book": "台账重开",
    "ask_registered": "查是否已建档",
    "compare_persons": "打开疑似重复",
    "tell_apart": "认定为不同的人",
    "merge_persons": "合并档案",
    "unmerge_persons": "拆分档案",
    "type_profile": "填报供需情况",
    "draw_callbacks": "抽取回访",
    "record_callback": "登记回访结果",
    "answer_callback": "说明回访结果",
    # archives, sites, helpers
    "create_person": "建立档案",
    "change_person": "修改档案",
    "enrol": "纳入专项",
    "change_enrolment": "修改专项登记",
    "leave_programme": "退出专项",
    "add_relation": "登记亲属、监护人",
    "change_relation": "修改亲属、监护人",
    "end_relation": "亲属、监护关系终止",
    "change_household": "变更家庭",
    "open_need": "登记困难需求",
    "change_need": "修改困难需求",
    "close_need": "困难需求办结",
    "create_site": "建立阵地",
    "change_site": "修改阵地",
    "honour_site": "登记阵地荣誉",
    "close_site": "停用阵地",
    "reopen_site": "恢复阵地",
    "create_helper": "登记帮扶力量",
    "change_helper": "修改帮扶力量",
    "helper_left": "帮扶力量退出",
    "helper_returned": "帮扶力量恢复",
    "change_team": "登记志愿者队伍",
    # what a pair puts in writing
    "enter_agreement": "登记共建协议",
    "change_agreement": "修改共建协议",
    "enter_plan": "登记帮扶方案",
    "change_plan": "修改帮扶方案",
    "enter_project": "登记帮扶项目",
    "change_project": "修改帮扶项目",
    "download_paper": "下载结对文件",
    "issue_card": "印发双向联系卡",
    "write_case": "撰写典型",
    "change_case": "修改典型",
    "nominate_case": "推荐典型",
    "withdraw_case": "撤回推荐典型",
    "publish_case": "推广典型",
    "decline_case": "不采用典型",
    # logs of pairs
    "enter_log": "登记联系记录",
    "withdraw_log": "撤回联系记录",
    "add_log_photo": "添加联系记录照片",
    "remove_log_photo": "删去联系记录照片",
    # pairs
    "propose_pairing": "提出结对",
    "confirm_pairing": "确认结对",
    "decline_pairing": "不同意结对",
    "activate_pairing": "开始结对",
    "change_pairing": "修改结对",
    "renew_pairing": "续结",
    "transfer_pairing": "移交结对",
    "end_pairing": "结束结对",
    "reopen_pairing": "恢复结对",
    "name_liaison": "指定联系人",
    "end_liaison": "结束联系人",
    "put_log_aside": "暂存手机记录",
    "take_over_log": "补录手机记录",
    "drop_log": "不采用手机记录",
}
DENIED_AN_HOUR = 60  # lines one account can fill with attempts
HOUR = dt.timedelta(hours=1)

# -- No private values ----------------------------------------------------------------------------
# Digits may be typed in groups. Hashes and uuids are taken out first: they hold any digits.
NOT_TYPED = re.compile(r"[0-9a-f]{32,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PRIVATE = re.compile(
    r"(?<!\d)(?:\d{6}[ -]?\d{8}[ -]?\d{3}[\dX]|1[3-9]\d[ -]?\d{4}[ -]?\d{4})(?!\d)", re.IGNORECASE
)
HIDDEN = "［已隐去］"


class PrivateValue(ValueError):
    """An identity number or a mobile number was about to enter the audit trail."""


def holds_private(text: str) -> bool:
    """Whether an identity number or a mobile number stands in ``text``, however it is typed."""
    plain = unicodedata.normalize("NFKC", text)
    return PRIVATE.search(NOT_TYPED.sub(" ", plain)) is not None


def _clean(value: Any) -> Any:
    """``value`` without private numbers: refused in tests, so that it is mended; masked in use."""
    if isinstance(value, dict):
        return {_clean(key): _clean(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(held) for held in value]
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        plain = unicodedata.normalize("NFKC", str(value))
        if holds_private(plain):
            if getattr(settings, "TESTING", False):
                raise PrivateValue("an audit row holds an identity or mobile number")
            return _mask(plain)
    return value


def _mask(text: str) -> str:
    """Private numbers of ``text`` hidden, hashes and uuids left as they are."""
    whole, end = "", 0
    for kept in NOT_TYPED.finditer(text):
        whole += PRIVATE.sub(HIDDEN, text[end : kept.start()]) + kept.group()
        end = kept.end()
    return whole + PRIVATE.sub(HIDDEN, text[end:])


# -- Writing --------------------------------------------------------------------------------------
def record(
    obj: models.Model | str,
    verb: str,
    *,
    by: User | None,
    unit: OrgUnit | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Add one line to the audit trail; ``obj`` is the record acted on, or a word for what has none.

    Identity and mobile numbers in ``detail`` raise :class:`PrivateValue` in tests and are masked
    in use.
    """
    name = _clean(obj) if isinstance(obj, str) else _name_of(obj)
    return AuditEvent.objects.create(
        actor=by, unit=unit, verb=verb, record=name[:80], detail=_clean(detail or {})
    )


class Acted(NamedTuple):
    """Enough of a record for its line: what it is called, and the id of its unit."""

    name: str
    unit: int

    @classmethod
    def on(cls, row: models.Model) -> Self:
        return cls(_name_of(row), row.unit_id)  # type: ignore[attr-defined]


def record_each(
    rows: Iterable[Acted], verb: str, *, by: User | None, detail: dict[str, Any] | None = None
) -> None:
    """The line that :func:`record` writes, for each of ``rows``; in one INSERT."""
    said = _clean(detail or {})
    AuditEvent.objects.bulk_create(
        AuditEvent(actor=by, unit_id=row.unit, verb=verb, record=row.name[:80], detail=said)
        for row in rows
    )


def _name_of(obj: models.Model) -> str:
    return f"{obj._meta.label_lower}:{getattr(obj, 'uuid', obj.pk)}"


@transaction.atomic
def record_denied(request: HttpRequest, *, why: str = "") -> AuditEvent | None:
    """The refusal of a signed-in person's request: which page, how, which record; nothing typed.

    Call when the request's own transaction has ended. At most 60 lines an account and hour; then
    one that says so, and silence for the rest of the hour.
    """
    user = request.user
    # Refusals of one account queue up here, so that many at once are counted one by one.
    User.objects.select_for_update().get(pk=user.pk)
    lately = AuditEvent.objects.filter(actor=user, at__gt=timezone.now() - HOUR)
    verb = "denied"
    if lately.filter(verb="denied").count() >= DENIED_AN_HOUR:
        if lately.filter(verb="denied_more").exists():
            return None
        verb = "denied_more"
    match = request.resolver_match
    route = match.view_name if match else ""
    targets = [str(held) for held in (match.kwargs if match else {}).values() if type(held) is UUID]
    acting = getattr(request, "acting", None)
    return record(
        f"page:{route}",
        verb,
        by=user,
        unit=acting.unit if acting else None,
        detail={
            "route": route,
            "method": request.method[:10],
            "target": targets,
            **({"why": why} if why else {}),
        },
    )


# -- Reading --------------------------------------------------------------------------------------
def visible_to(user: User) -> models.QuerySet[AuditEvent]:
    """Rows an auditor may read: those of the units she audits and of the people seated there.

    Rows without a unit go by the person's appointments, past ones included; whoever audits a unit
    at the top of the tree reads all, also what the system did by itself.
    """
    paths = scope.granted_paths(user, "federation_audit")
    if not paths:
        return AuditEvent.objects.none()
    if any(len(path) == tree.STEP for path in paths):
        return AuditEvent.objects.all()
    seated = Appointment.objects.filter(scope.reach(paths, "unit__path")).values("user_id")
    return AuditEvent.objects.filter(
        scope.reach(paths, "unit__path") | Q(unit=None, actor__in=seated)
    )


def verb_word(verb: str) -> str:
    return VERBS.get(verb, verb)


def record_kinds() -> dict[str, str]:
    """What records are called, by the label before the colon of ``AuditEvent.record``."""
    ours = (c for c in apps.get_app_configs() if hasattr(c, "actions"))
    kinds = {m._meta.label_lower: str(m._meta.verbose_name) for c in ours for m in c.get_models()}
    return {**kinds, "page": "页面"}


def record_word(record_name: str) -> str:
    """``reporting.job:1a2b3c4d-…`` as 作业 1a2b3c4d, ``page:units`` as 页面 units."""
    label, _, name = record_name.partition(":")
    word = record_kinds().get(label)
    if word is None:
        return record_name
    return f"{word} {name if label == 'page' else name[:8]}"
