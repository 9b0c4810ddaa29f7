"""Menu entries, declared by app configs before any model is loaded."""

from dataclasses import dataclass

GROUPS = ("工作", "台账", "汇总", "组织", "管理")


@dataclass(frozen=True)
class MenuItem:
    """One entry; shown to those who hold ``action`` anywhere (None: to everyone)."""

    group: str
    label: str
    url_name: str
    icon: str
    action: str | None = None
    position: int = 50
    bottom: bool = False
    args: tuple = ()
