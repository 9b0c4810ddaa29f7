"""Pages of the administrators that need the workbooks and jobs of reporting."""

app_name = "administration"
urlpatterns: list = []
