"""Pages of submissions, consolidated tables and jobs."""

app_name = "reporting"
urlpatterns = []
