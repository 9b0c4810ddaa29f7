"""Sets up a database for :mod:`tests.faults.test_database_restarts`: ``python -m tests.faults.stage N``.

Migrates it, builds the small world with N more posts, and prints who may submit what: a line of
JSON with a session and a form for each of them.
"""

import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402 -- after the set-up
from django.test import Client  # noqa: E402


def main(number: int) -> None:
    call_command("migrate", verbosity=0)
    from world import START, build_calls, build_people, build_units, fill  # noqa: PLC0415

    from federation import grants, tree  # noqa: PLC0415
    from federation.models import OrgUnit, Post, User  # noqa: PLC0415

    org = build_units()
    build_people(org)
    kind, level = org.east_post.unit_type, org.east_post.post_level
    leader = Post.objects.get(code="post_leader")
    posts = []
    for n in range(number):
        name = f"城东区演示{n}号岗"
        made = OrgUnit(name=name, short_name=name, unit_type=kind, post_level=level)
        unit = tree.add(org.east, made)
        user = User.objects.create_user(f"leader{n}", "test-password", display_name=f"岗长{n}演")
        grants.appoint(user, unit, leader, starts_on=START)
        posts.append((unit, user))
    build_calls(org)
    found = []
    for unit, user in posts:
        form = fill(unit, user, village=org.east_village)
        client = Client()
        client.force_login(user)
        found.append(
            {
                "form": str(form.uuid),
                "version": form.version,
                "session": client.cookies["sessionid"].value,
            }
        )
    print(json.dumps(found))  # noqa: T201


main(int(sys.argv[1]))
