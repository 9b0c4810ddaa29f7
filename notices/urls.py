"""Pages of notices, of tasks, and of reminders and 督办; each kind in its own list."""

from notices.urls_notices import patterns as notices
from notices.urls_supervision import patterns as supervision
from notices.urls_tasks import patterns as tasks

app_name = "notices"
urlpatterns = [*notices, *tasks, *supervision]
