import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.config.instance_url import is_loopback_url, normalize_base_url
from dazos_tui.config.models import Environment, Instance
from dazos_tui.crm.http.session import HttpSession


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("https://crm.example.com", "https://crm.example.com/"),
        ("  HTTPS://CRM.Example.COM/  ", "https://crm.example.com/"),
        ("https://crm.example.com//", "https://crm.example.com/"),
        ("https://crm.example.com/Crm", "https://crm.example.com/Crm/"),
        ("https://crm.example.com:443/", "https://crm.example.com/"),
        ("https://crm.example.com:8443/", "https://crm.example.com:8443/"),
        ("https://[::1]:8443/", "https://[::1]:8443/"),
        (
            "https://crm.example.com/index.php?module=Users&parent=Settings&view=List",
            "https://crm.example.com/",
        ),
        ("https://crm.example.com/a/index.php#top", "https://crm.example.com/a/"),
        ("https://crm.example.com/?module=Users", "https://crm.example.com/"),
    ],
)
def test_a_url_is_cut_to_its_base(text, base):
    assert normalize_base_url(text) == base


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not start with https"),
        ("crm.example.com", "does not start with https"),
        ("ftp://crm.example.com", "does not start with https"),
        ("javascript:alert(1)", "does not start with https"),
        ("https://", "has no host"),
        ("https:crm.example.com", "has no host"),
        ("https://jo:pw@crm.example.com/", "user name or password"),
        ("https://@crm.example.com/", "user name or password"),
        ("https://crm.example.com/?a=b", "question mark"),
        ("https://crm.example.com/#x", "question mark"),
        ("https://crm.example.com:0/", "port"),
        ("https://crm.example.com:99999/", "port"),
        ("https://crm.example.com:x/", "port"),
        ("https://[::1", "is not a valid address"),
        ("https://[v1.x]/", "brackets"),
        ("https://crm example.com/", "space"),
        ("https://crm.exam\nple.com/", "control character"),
        ("https://crm.example.com\\@evil.example/", "backslash"),
        ("https://crm..example.com/", "invalid host"),
        ("https://bücher.example/", "xn--"),
        ("https://999.999.999.999/", "not a valid IPv4 address"),
        ("https://10.0.0.256:8443/", "not a valid IPv4 address"),
        ("https://10.0.0/", "not a valid IPv4 address"),
        ("https://127.1/", "not a valid IPv4 address"),
        ("https://010.0.0.1/", "not a valid IPv4 address"),
        ("https://0x7f.0.0.0x1/", "not a valid IPv4 address"),
        ("https://2130706433/", "not a valid IPv4 address"),
        ("https://crm.example.1/", "not a valid IPv4 address"),
        ("https://xn--a/", "no name is written"),
        ("https://xn--/", "no name is written"),
        ("https://crm.xn--a/", "no name is written"),
        (f"https://{'a' * 64}.example/", "invalid host"),
        (f"https://{'a.' * 126}example/", "invalid host"),
        ('https://crm.example.com/"', "not allowed in an address"),
    ],
)
def test_an_invalid_address_is_refused_with_the_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        normalize_base_url(text)


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "crm",
        "1crm.example",
        "10-0-0-1.example",
        "a_b.example",
        "xn--bcher-kva.example",
        "crm.xn--strae-oqa.de",
        "www.xn--i-7iq.ws",
        "xn--80ak6aa92e.com",
        f"{'a' * 63}.example",
        "crm.example.",
    ],
)
def test_valid_hosts(host):
    assert normalize_base_url(f"https://{host}/") == f"https://{host}/"
    assert HttpSession(f"https://{host}/").host == host


_HOSTS = st.from_regex(r"(xn--)?[a-z0-9_-]{1,6}(\.(xn--)?[a-z0-9-]{1,6}){0,4}\.?", fullmatch=True)


@given(_HOSTS | st.from_regex(r"[0-9]{1,3}([.-][0-9]{1,3}){3}", fullmatch=True))
def test_every_accepted_url_can_be_requested(host):
    try:
        base = normalize_base_url(f"https://{host}/")
    except ValueError:
        return
    assert HttpSession(base).resolve("") == base


@given(st.text())
def test_any_text_is_an_address_or_a_value_error(text):
    for candidate in (text, f"https://{text}", f"https://crm.example.com/{text}"):
        try:
            base = normalize_base_url(candidate)
        except ValueError:
            continue
        assert base.endswith("/")
        assert normalize_base_url(base) == base


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9:80", "[::1]:8080"])
def test_loopback_hosts(host):
    assert is_loopback_url(f"http://{host}/")
    assert instance(f"http://{host}/").url.startswith("http://")


@pytest.mark.parametrize(
    "host",
    [
        "crm.example.com",
        "localhost.example.com",
        "10.0.0.1",
        "[::2]",
        # Many systems look these up in DNS, and a name that starts with 127 need not be an address.
        "crm.localhost",
        "localhost.",
        "127.evil.example",
        "127.0.0.1.example.com",
    ],
)
def test_plain_http_beyond_this_machine_must_be_allowed(host):
    with pytest.raises(ValueError, match="allow_http = true"):
        instance(f"http://{host}/")
    assert instance(f"http://{host}/", allow_http=True).host == host


def test_the_host_is_shown_with_its_port():
    assert instance("https://CRM.example.com:8443/a/").host == "crm.example.com:8443"
    assert instance("https://crm.example.com:443/").host == "crm.example.com"


def instance(url, *, allow_http=False):
    return Instance(name="a", url=url, username="u", environment=Environment.SANDBOX, allow_http=allow_http)
