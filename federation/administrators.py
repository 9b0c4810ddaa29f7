"""What one administrator may give, and so whom she may administer.

One rule decides everything: **a person may be administered by those who could give every seat she
holds.** 业务岗位 are given by the 系统管理员 (``federation_manage``) at her unit and below; the posts of
the three administrators by the 安全管理员 (``federation_grant``). Nobody gives herself anything.
"""

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet

from federation import scope, tree
from federation.models import Appointment, Duty, OrgUnit, Post, User
from federation.scope import OutOfReach

ACTIONS = ("federation_manage", "federation_grant")


class Administrator:
    """``user`` as one who gives seats; asks her two grants once."""

    def __init__(self, user: User):
        self.user = user
        self.manages, self.grants = (scope.granted_paths(user, action) for action in ACTIONS)

    @property
    def paths(self) -> list[str]:
        return tree.topmost([*self.manages, *self.grants])

    # -- Seats ------------------------------------------------------------------------------------
    def may_give(self, post: Post, unit: OrgUnit) -> bool:
        """Whether she may appoint somebody else to ``post`` at ``unit``."""
        paths = self.manages if post.kind == Duty.BUSINESS else self.grants
        return any(unit.path.startswith(path) for path in paths)

    def require_seat(self, post: Post, unit: OrgUnit) -> None:
        """Raise ``OutOfReach`` for a unit beyond hers, ``PermissionDenied`` for a post not hers to give."""
        if not any(unit.path.startswith(path) for path in self.paths):
            raise OutOfReach("所选组织不在您的管辖范围内。")
        if not self.may_give(post, unit):
            giver = "系统管理员" if post.kind == Duty.BUSINESS else "安全管理员"
            raise PermissionDenied(f"“{post}”由{giver}任免，您不能办理。")

    def posts(self) -> QuerySet[Post]:
        """The posts she may give anywhere."""
        business = Q(kind=Duty.BUSINESS)
        condition = Q(pk__in=[])
        if self.manages:
            condition |= business
        if self.grants:
            condition |= ~business
        return Post.objects.filter(condition)

    def seats(self) -> Q:
        """Condition on appointments: the seats that are hers to give."""
        business = Q(post__kind=Duty.BUSINESS)
        return (business & scope.reach(self.manages, "unit__path")) | (
            ~business & scope.reach(self.grants, "unit__path")
        )

    def units(self) -> QuerySet[OrgUnit]:
        """Units at which she may give some seat."""
        return OrgUnit.objects.filter(scope.reach(self.paths, "path"))

    # -- People -----------------------------------------------------------------------------------
    def accounts(self) -> QuerySet[User]:
        """Accounts she sees: seated in her subtree, or last seated there and nowhere now.

        Who manages the top of the tree sees those as well that never held a seat.
        """
        hers = Appointment.objects.filter(user=OuterRef("pk"))
        within = scope.reach(self.paths, "unit__path")
        seen = Q(Exists(hers.live().filter(within))) | (
            Q(Exists(hers.filter(within))) & ~Exists(hers.live())
        )
        if any(len(path) == tree.STEP for path in self.paths):
            seen |= ~Exists(hers)
        return User.objects.filter(seen, is_superuser=False)

    def may_administer(self, user: User) -> bool:
        """Whether she may act on the account itself: all seats of ``user`` are hers to give."""
        live = user.appointments.live()
        return user != self.user and not live.exclude(self.seats()).exists()

    def require_account(self, user: User) -> None:
        """Raise unless the account is hers to act on: out of sight, herself, or seated elsewhere."""
        self.require_sight(user)
        if not self.may_administer(user):
            raise PermissionDenied(
                "这个账号还有您不能任免的任职，请由上一级妇联（三员由安全管理员）办理。"
            )

    def require_sight(self, user: User) -> None:
        if user == self.user:
            raise PermissionDenied("不能给自己办理，请由同级另一位管理员或上一级办理。")
        if not self.accounts().filter(pk=user.pk).exists():
            raise OutOfReach("没有这个账号。")
