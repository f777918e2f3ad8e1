"""The config of the demo's lists in JSON, as a person writes it by hand."""

from typing import Any

ONE_LIST: dict[str, Any] = {
    "path": "api/users?page={page}",
    "rows": "/data/users",
    "fields": {
        "id": "/id",
        "user_name": "/login",
        "email": "/contact/email",
        "first_name": "/givenName",
        "last_name": "/familyName",
        "role": "/role/name",
        "status": "/state",
        "admin": "/administrator",
    },
    "active": "enabled",
    "inactive": "disabled",
    "page_size": 25,
    "total": "/data/total",
}
"""One list of everybody, with a state in each row."""

TWO_LISTS: dict[str, Any] = {
    **{key: value for key, value in ONE_LIST.items() if key not in {"active", "inactive"}},
    "inactive_path": "api/users?state=disabled&page={page}",
    "fields": {key: pointer for key, pointer in ONE_LIST["fields"].items() if key != "status"},
}
"""Two lists without a state."""
