"""What a page asks before it opens: closed by default, said on the view itself."""

from collections.abc import Callable
from dataclasses import dataclass

from federation import scope


@dataclass(frozen=True)
class Policy:
    """The action a page needs somewhere (403 without it); reach is then the queryset's matter (404).

    ``action`` None means any signed-in person; ``public`` opens the page to strangers.
    """

    action: str | None = None
    public: bool = False

    def allows(self, user) -> bool:
        return self.public or self.action is None or scope.may(user, self.action)


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
