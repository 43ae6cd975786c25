"""Settings with which a server of Cliquet has what some clauses are about."""

#: An origin that all of them allow.
ORIGIN = "http://page.friend.example"

#: Settings by what they are for.
PROFILES: dict[str, dict[str, str]] = {
    "default": {},
    "strict": {"strict_preconditions": "true"},
    "required": {"require_preconditions": "true"},
    "readonly": {"readonly": "true"},
    "ending": {
        "eos": "2100-01-01",
        "eos_message": "Soon.",
        "eos_url": "http://end.example/",
    },
    "ended": {
        "eos": "2000-01-01",
        "eos_message": "Over.",
        "eos_url": "http://end.example/",
    },
    "origins": {"cors_origins": "http://*.friend.example"},
    "paged": {"paginate_by": "10"},
}
