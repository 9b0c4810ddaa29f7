"""The seeded world as the tests of administration use it: its principals, signed in as browsers."""

from django.conf import settings
from django.test import Client

from federation.models import User
from tests.access import scene

TOKEN = scene.TOKEN


class Stage:
    """``said`` is what ``seed_acceptance --json`` prints."""

    def __init__(self, said: dict):
        self.said = said
        self.principals = {one["name"]: one for one in said["principals"]}
        self.units = {unit["key"]: unit for unit in said["tree"]}
        self.handler = Client(enforce_csrf_checks=True).handler
        self.ground = scene.Ground()
        scene._ground.append(self.ground)
        self.users = {
            name: User.objects.get(username=one["username"])
            for name, one in self.principals.items()
            if one["username"]
        }
        self.users |= {
            one["name"]: User.objects.get(username=one["username"]) for one in said["others"]
        }
        self.sessions = {name: scene.session_of(user) for name, user in self.users.items()}

    def things(self, kind: str, **wanted) -> list[dict]:
        return [
            thing
            for thing in self.said["resources"]
            if thing["kind"] == kind and all(thing.get(k) == v for k, v in wanted.items())
        ]

    def reader(self, name: str, **headers) -> Client:
        """As :meth:`client`, for many answers of which only status and words are asked."""
        return self.client(name, scene.Reader, **headers)

    def client(self, name: str, kind: type[Client] = Client, **headers) -> Client:
        """A browser signed in as the principal, with CSRF checks as in production."""
        client = kind(raise_request_exception=False, headers=headers)
        client.handler = self.handler
        client.cookies["csrftoken"] = TOKEN
        client.defaults["HTTP_X_CSRFTOKEN"] = TOKEN
        if name in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[name]
        return client
