"""The address of a history on PostgreSQL. No message here repeats it: it may contain a password."""

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from dazos_tui.crm.http.hosts import is_loopback

_SCHEMES = frozenset({"postgresql", "postgres"})
_EXAMPLE = "such as postgresql://kim@db.example.com/support"


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """Where a database is. `host` is a name, an address, or the folder of a local socket."""

    host: str
    port: int
    database: str
    user: str

    @property
    def is_local(self) -> bool:
        """Return whether nothing crosses a network: a local socket, or this machine itself."""
        return self.host.startswith("/") or is_loopback(self.host)

    @property
    def url(self) -> str:
        """Return the whole address, without a password."""
        return str(self)

    @property
    def username(self) -> str:
        """Return the name of the user."""
        return self.user

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{self.user}@{host}:{self.port}/{self.database}"


def parse_postgres_url(text: str) -> PostgresAddress:
    """Return the address in a URL. A local socket is ``postgresql://user@/database?host=/run/postgresql``.

    Raises ValueError with what is wrong, without the address.
    """
    parts = _split(text)
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"does not start with postgresql://; {_EXAMPLE}")
    if parts.password is not None:
        raise ValueError("contains a password: use password_command or password_env")
    database, user = unquote(parts.path.removeprefix("/")), unquote(parts.username or "")
    if not user or not database or "/" in database or "\0" in user + database:
        raise ValueError(f"needs the names of a user and of a database, {_EXAMPLE}")
    return PostgresAddress(_host_of(parts), parts.port or 5432, database, user)


def _split(text: str) -> SplitResult:
    if not text.isprintable() or " " in text:
        raise ValueError("contains a space or a control character")
    try:
        parts = urlsplit(text)
        is_port = parts.port != 0
    except ValueError:
        raise ValueError(f"is not a valid address, {_EXAMPLE}") from None
    if not is_port or parts.fragment:
        raise ValueError(f"is not a valid address, {_EXAMPLE}")
    return parts


def _host_of(parts: SplitResult) -> str:
    options = parse_qs(parts.query, keep_blank_values=True)
    socket = options.pop("host", [""])
    if options:
        raise ValueError("contains an option after the question mark: sslmode and ca_file have keys here")
    if parts.hostname and not socket[0]:
        if "," in parts.netloc:
            raise ValueError("names more than one host")
        return unquote(parts.hostname)
    if not parts.hostname and len(socket) == 1 and socket[0].startswith("/"):
        return socket[0]
    raise ValueError(f"names no host, {_EXAMPLE}, nor the folder of a local socket (?host=/run/postgresql)")
