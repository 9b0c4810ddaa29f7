"""The chores of this room: files that have expired."""

from federation.housekeeping import chore
from reporting.jobs import dispatcher


@chore("sweep_files", title="清除到期文件", every=600)
def sweep_files() -> str:
    return f"{dispatcher.sweep()} 个"
