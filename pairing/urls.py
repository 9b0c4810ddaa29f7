"""Addresses of 结对, by what people do there."""

from pairing import urls_logs, urls_pairs, urls_papers, urls_phone, urls_tracking, urls_year

app_name = "pairing"
urlpatterns = [
    *urls_pairs.urlpatterns,
    *urls_papers.urlpatterns,
    *urls_logs.urlpatterns,
    *urls_phone.urlpatterns,
    *urls_tracking.urlpatterns,
    *urls_year.urlpatterns,
]
