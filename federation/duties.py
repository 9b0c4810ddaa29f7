"""三员分立 on SQLite: the triggers that PostgreSQL gets by migration 0006, set anew after each migrate.

SQLite changes a table by making it anew, and refuses to while a trigger of another table names it.
So the triggers are lifted before migrations run and set when they have.
"""

from django.db import DEFAULT_DB_ALIAS, connections

CLASH = """
    SELECT 1 FROM federation_appointment AS other
    JOIN federation_post AS hers ON hers.id = other.post_id
    JOIN federation_post AS offered ON offered.id = NEW.post_id
    WHERE other.user_id = NEW.user_id AND other.id <> NEW.id AND hers.kind <> offered.kind
        AND (other.ends_on IS NULL OR other.ends_on >= other.starts_on)
        AND (NEW.ends_on IS NULL OR other.starts_on <= NEW.ends_on)
        AND (other.ends_on IS NULL OR NEW.starts_on <= other.ends_on)
"""
TRIGGERS = {
    f"federation_one_duty_{act}": f"""
        AFTER {act.upper()} ON federation_appointment
        WHEN (NEW.ends_on IS NULL OR NEW.ends_on >= NEW.starts_on) AND EXISTS ({CLASH})
        BEGIN SELECT RAISE(ABORT, 'two kinds of post at a time: federation_one_duty'); END
    """
    for act in ("insert", "update")
} | {
    "federation_kind_stays": """
        BEFORE UPDATE ON federation_post
        WHEN NEW.kind <> OLD.kind
            AND EXISTS (SELECT 1 FROM federation_appointment WHERE post_id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'its kind stays: federation_kind_stays'); END
    """
}


def lift(using: str = DEFAULT_DB_ALIAS, **_kwargs) -> None:
    """Receiver of ``pre_migrate``."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def set_up(using: str = DEFAULT_DB_ALIAS, **_kwargs) -> None:
    """Receiver of ``post_migrate``; does nothing while the tables are not there or too old."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pragma_table_info('federation_post')")
        if "kind" in {name for (name,) in cursor.fetchall()}:
            for name, when in TRIGGERS.items():
                cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {when}")
