"""The chores of this room: archives whose years are over, erasures whose day has come."""

from federation.housekeeping import chore
from registry import chores_life, erasing, retention
from registry.models import RegisterImport

__all__ = ["chores_life"]  # declared by being imported


@chore("propose_erasures", title="提出到期档案的删除", hour=1)
def propose_erasures() -> str:
    return f"{retention.propose_due()} 份"


@chore("erase_archives", title="删除到期档案", hour=2)
def erase_archives() -> str:
    return f"{erasing.do_due()} 份"


@chore("drop_register_imports", title="清除过期的导入内容", every=600)
def drop_register_imports() -> str:
    return f"{RegisterImport.objects.past_keeping().delete()[0]} 份"
