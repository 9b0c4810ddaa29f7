"""Work that comes round: transfers on their day, archives compared with all others."""

from federation.housekeeping import chore
from registry import duplicates, transfers


@chore("carry_out_transfers", title="转移到期的档案", hour=0)
def carry_out_transfers() -> str:
    return f"{transfers.carry_out_due()} 份"


@chore("seek_duplicates", title="查找疑似重复的档案", every=60)
def seek_duplicates() -> str:
    return f"{duplicates.look()} 对"
