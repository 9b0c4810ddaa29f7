"""Who keeps the archives of the village on the stage."""

from federation.models import User


def chair(scene) -> User:
    """The village's chair: in the acceptance world ``people.village`` is somebody else."""
    return getattr(scene.people, "chair", scene.people.village)
