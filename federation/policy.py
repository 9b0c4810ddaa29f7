"""What a page asks before it opens: closed by default, said on the view itself.

Beside what it asks, a policy says in words what the page is for and how private what it shows is;
the list of all pages (``acl_matrix``) and the auditor's page 谁能做什么 are read from there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from federation import scope

# How private what a page shows may be; the words are those of the auditor's page.
SENSITIVITY = {
    1: "公开（名称、已发布的汇总）",
    2: "内部（报表状态、人员名册、审计记录）",
    3: "敏感（未公布的报表内容、联系方式）",
    4: "高度敏感（个人档案、证件号码）",
}


@dataclass(frozen=True)
class Policy:
    """The action a page needs somewhere (403 without it); reach is then the queryset's matter (404).

    ``action`` None means any signed-in person; ``or_action`` opens the page as well; ``public`` opens
    it to strangers. ``resource``
    is a key of some app's ``resources``, ``sensitivity`` one of :data:`SENSITIVITY`, ``words`` what
    people do there, by method (``get``, ``post``) or case of the address. These three describe, and
    decide nothing.
    """

    action: str | None = None
    public: bool = False
    or_action: str | None = None
    resource: str = field(default="", compare=False)
    sensitivity: int = field(default=0, compare=False)
    words: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def allows(self, user) -> bool:
        if self.public or self.action is None:
            return True
        return any(scope.may(user, action) for action in self.actions)

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions of which one is needed; none where it is enough to be signed in."""
        return tuple(action for action in (self.action, self.or_action) if action)

    def to(
        self, words: str = "", *, resource: str = "", sensitivity: int = 0, **by_method: str
    ) -> "Policy":
        """This policy on one view: ``VIEW.to("查看报表")``, ``VIEW.to(get="打开", post="填写")``."""
        said = {"": words, **by_method} if words else by_method
        return replace(
            self,
            resource=resource or self.resource,
            sensitivity=sensitivity or self.sensitivity,
            words=MappingProxyType(said),
        )

    def word_for(self, method: str, case: str = "") -> str:
        """What one does by ``method``; "" where the view says nothing of it."""
        return self.words.get(case or method.lower()) or self.words.get("", "")


SIGNED_IN = Policy()
PUBLIC = Policy(public=True)


def policy_of(view: Callable) -> Policy | None:
    """The policy said on a view function, its class or the function it wraps; None when unsaid."""
    target = getattr(view, "view_class", view)
    # vars(), not getattr: a subclass that needs another action must say so, and a base class
    # that forgot cannot be excused by its parent.
    if isinstance(target, type):
        return next((vars(c)["policy"] for c in target.__mro__ if "policy" in vars(c)), None)
    return getattr(target, "policy", None)
