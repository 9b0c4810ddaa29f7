"""T22: the headers that every answer has to carry."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
}


def lacking(response) -> list[str]:
    """What the floor of headers misses in ``response``."""
    missing = [n for n, value in HEADERS.items() if response.headers.get(n) != value]
    told = response.headers.get("Content-Security-Policy", "")
    parts = (part.strip().partition(" ") for part in told.split(";"))
    policy = {name: value for name, _, value in parts}
    # A file handed out is in a sandbox, where nothing but the first line has a meaning.
    needed = ["default-src"] if "sandbox" in policy else POLICY
    missing += [n for n in needed if policy.get(n) != POLICY[n]]
    if "no-store" not in response.headers.get("Cache-Control", ""):
        missing.append("Cache-Control")
    if "camera=()" not in response.headers.get("Permissions-Policy", ""):
        missing.append("Permissions-Policy")
    return missing
