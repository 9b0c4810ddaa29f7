"""The chores of this room: every pair's standing on its rules, as a new day finds it."""

from federation.housekeeping import chore
from pairing import callbacks, rules


@chore("recount_pairs", title="核算结对规则完成情况", hour=0)
def recount_pairs() -> str:
    return f"{rules.refresh_all()} 项"


@chore("draw_callbacks", title="抽取回访", hour=5)
def draw_callbacks() -> str:
    """On the first of a month; on other days whatever the first missed."""
    return f"{callbacks.draw_due()} 个单位"
