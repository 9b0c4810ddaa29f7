"""Addresses of the archives, by what people do there."""

from registry import urls_life, urls_people, urls_tables, urls_zone

app_name = "registry"
urlpatterns = [
    *urls_people.urlpatterns,
    *urls_zone.urlpatterns,
    *urls_life.urlpatterns,
    *urls_tables.urlpatterns,
]
