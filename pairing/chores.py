"""The chores of this room: every pair's standing on its rules, as a new day finds it."""

from federation.housekeeping import chore
from pairing import rules


@chore("recount_pairs", title="核算结对规则完成情况", hour=0)
def recount_pairs() -> str:
    return f"{rules.refresh_all()} 项"
