"""A small portal that others test against: a fixed tree, 16 principals, records full of canaries.

``manage.py seed_acceptance --json`` makes it in an empty, migrated database and says what it made.
Everything goes through the portal's own functions; nothing here is real, and nothing is ever made
where accounts or units stand that this seed did not make.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from administration.acceptance import archives, pairs, people, records, said, tree
from administration.acceptance.names import Names
from federation.models import OrgUnit, User


@transaction.atomic
def seed(number: int = 1) -> dict[str, Any]:
    """Make the acceptance world of seed ``number``, or find it again; returns what there is.

    The same number gives the same uuids, names, words and password. Raises ``ValidationError`` where
    the database holds anything else.
    """
    names = Names(number)
    if not is_made(names):
        if OrgUnit.objects.exists() or User.objects.exists():
            raise ValidationError(
                "数据库里已有组织或账号，不是空库；为免与真实数据混在一起，没有写入任何内容。"
                "请另建一个空数据库，迁移后再运行。",
                code="not_empty",
            )
        units = tree.build(names)
        seated = people.build(names, units)
        records.build(names, units, seated)
        archives.build(names, units, seated)
        pairs.build(names, units, seated)
    return said.describe(names)


def is_made(names: Names) -> bool:
    """Whether this very seed stands here."""
    return OrgUnit.objects.filter(uuid=names.uuid("unit", "A"), synthetic=True).exists()
