"""Words that generated values are made of, and what the names of columns say about their values."""

from __future__ import annotations

GIVEN = ("Ada", "Bilal", "Chiara", "Daniel", "Elif", "Femi", "Greta", "Hiro", "Ines", "Jonas", "Kavya", "Lena")
FAMILY = (
    "Adeyemi",
    "Bauer",
    "Costa",
    "Demir",
    "Eriksen",
    "Fontaine",
    "Garcia",
    "Haddad",
    "Ito",
    "Kowalski",
    "Lindberg",
)
CITIES = ("Berlin", "Lagos", "Lima", "Lyon", "Mumbai", "Nairobi", "Osaka", "Porto", "Seoul", "Toronto")
COUNTRIES = ("Brazil", "France", "Germany", "India", "Japan", "Kenya", "Poland", "Portugal")
COMPANIES = ("Alder & Sons", "Blue Heron", "Copperfield", "Driftwood", "Evergreen Labs", "Foxglove")
STREETS = ("Harbour Street", "Mill Lane", "Station Road", "Orchard Way", "High Street")
COLOURS = ("#1f77b4", "#2ca02c", "#d62728", "#9467bd", "#8c564b")
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
)
# A word in a column's name → values of which it is one.
CHOICES: dict[str, tuple[str, ...]] = {
    "city": CITIES, "town": CITIES, "country": COUNTRIES, "company": COMPANIES, "organization": COMPANIES,
    "organisation": COMPANIES, "vendor": COMPANIES, "state": ("active", "inactive", "pending"), "status": ("active",
    "pending", "done"),
    "currency": ("EUR", "USD", "JPY", "GBP"), "locale": ("en_GB", "de_DE", "pt_BR", "ja_JP"),
    "language": ("en", "de", "fr", "pt", "ja"), "lang": ("en", "de", "fr", "pt", "ja"),
    "timezone": ("UTC", "Europe/Berlin", "America/Lima", "Asia/Tokyo"), "tz": ("UTC", "Europe/Berlin", "Asia/Tokyo"),
    "gender": ("female", "male", "other"), "color": COLOURS, "colour": COLOURS, "agent": AGENTS,
    "street": STREETS, "mime": ("image/jpeg", "image/png", "text/plain", "application/pdf"),
    "mimetype": ("image/jpeg", "image/png", "text/plain"), "method": ("GET", "POST", "PUT", "DELETE"),
    "level": ("low", "medium", "high"), "kind": ("standard", "special"), "type": ("standard", "special"),
    "category": ("general", "news", "support"), "gateway": ("primary", "secondary"),
}  # fmt: skip
# Words in a column's name → a regular expression of its values.
PATTERNS: dict[str, str] = {
    "phone": r"\+[1-9][0-9]{10}", "mobile": r"\+[1-9][0-9]{10}", "fax": r"\+[1-9][0-9]{10}", "zip": "[0-9]{5}",
    "postcode": "[0-9]{5}", "postal": "[0-9]{5}", "iban": "DE[0-9]{20}", "hash": "[0-9a-f]{32}",
    "digest": "[0-9a-f]{32}",
    "checksum": "[0-9a-f]{32}", "token": "[0-9a-f]{32}", "secret": "[0-9a-f]{32}", "password": "[0-9a-f]{32}",
    "passwd": "[0-9a-f]{32}", "salt": "[0-9a-f]{16}", "fingerprint": "[0-9a-f]{32}", "sku": "[A-Z]{3}-[0-9]{4}",
    "isbn": "978[0-9]{10}", "version": r"[1-9]\.[0-9]\.[0-9]", "mac": "([0-9a-f]{2}:){5}[0-9a-f]{2}",
    "code": "[A-Z]{2}[0-9]{4}",
}  # fmt: skip
LONG = {"body", "content", "text", "description", "comment", "message", "notes", "note", "bio", "summary", "abstract",
        "details", "about", "remark", "remarks", "reason", "instructions", "excerpt"}  # fmt: skip
TITLES = {"title", "subject", "headline", "heading", "caption", "label"}
# Words in a number's name → the distribution of its values.
NUMBERS: dict[str, tuple[str, float, float]] = {
    # how they spread, and from where to where; of a log-normal one the median and sigma
    "price": ("lognormal", 25, 0.8), "amount": ("lognormal", 40, 1.0), "cost": ("lognormal", 20, 0.9),
    "total": ("lognormal", 60, 1.0), "fee": ("lognormal", 5, 0.6), "salary": ("lognormal", 3000, 0.4),
    "cents": ("lognormal", 2500, 0.9), "bytes": ("lognormal", 40_000, 1.5), "size": ("lognormal", 4_000, 1.5),
    "latitude": ("uniform", -60, 70), "lat": ("uniform", -60, 70), "longitude": ("uniform", -180, 180),
    "lng": ("uniform", -180, 180), "lon": ("uniform", -180, 180), "percent": ("uniform", 0, 100),
    "percentage": ("uniform", 0, 100), "rate": ("uniform", 0, 1), "ratio": ("uniform", 0, 1),
    "share": ("uniform", 0, 1),
    "year": ("uniform", 1990, 2026), "month": ("uniform", 1, 13), "day": ("uniform", 1, 29), "hour": ("uniform", 0, 24),
    "age": ("uniform", 18, 90), "rating": ("uniform", 1, 6), "stars": ("uniform", 1, 6), "score": ("uniform", 0, 100),
    "quantity": ("lognormal", 2, 0.8), "qty": ("lognormal", 2, 0.8), "port": ("uniform", 1024, 49_152),
    "width": ("uniform", 100, 2000), "height": ("uniform", 100, 2000), "weight": ("lognormal", 10, 0.8),
    "duration": ("lognormal", 60, 1.2), "position": ("uniform", 0, 20), "sort": ("uniform", 0, 20),
}  # fmt: skip
CREATED = {
    "created",
    "inserted",
    "registered",
    "joined",
    "added",
    "posted",
    "published",
    "ctime",
    "date",
    "timestamp",
    "time",
}
UPDATED = {"updated", "modified", "changed", "edited", "mtime", "refreshed"}
REMOVED = {"deleted", "removed", "archived", "cancelled", "canceled", "revoked", "banned", "disabled"}
BORN = {"birth", "birthday", "birthdate", "dob", "born"}
# What is never copied out of a database: people, and what opens doors.
PERSONAL = {
    "name", "email", "mail", "phone", "mobile", "fax", "address", "street", "zip", "postcode", "iban", "ssn", "birth",
    "birthday", "dob", "ip", "password", "passwd", "secret", "token", "hash", "salt", "key", "login", "username",
    "user",
    "card", "account", "tax", "passport", "session", "cookie", "signature", "pin", "otp", "credential", "credentials",
    "bio", "body", "content", "message", "comment", "note", "notes", "latitude", "longitude", "lat", "lng",
    "firstname", "lastname", "surname", "gender", "religion", "diagnosis",
}  # fmt: skip
