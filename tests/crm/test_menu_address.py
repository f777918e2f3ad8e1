"""Which URLs of a menu item may be requested, whatever its label says."""

from urllib.parse import unquote_plus, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dazos_tui.crm.action_names import is_mutating_name
from dazos_tui.crm.errors import ForbiddenItemError
from dazos_tui.crm.http.session import HttpSession
from dazos_tui.crm.menu_item_urls import advice_for_item, runnable_url, with_problems
from dazos_tui.crm.models import MenuItem, MenuItemKind

BASE = "https://crm.example.com/crm/"
SESSION = HttpSession(BASE)
GOOD = "index.php?module=Users&parent=Settings&action=SendResetLink&record=7"


def reset(target: str) -> MenuItem:
    return MenuItem("Send Reset Link", MenuItemKind.SEND_RESET_LINK, target, "7")


def problem(target: str) -> str:
    (found,) = with_problems([reset(target)], SESSION.resolve)
    return found.problem


@pytest.mark.parametrize(
    "target",
    [
        GOOD,
        f"./{GOOD}",
        f"/crm/{GOOD}",
        BASE + GOOD,
        "?module=Users&action=SendResetLink&record=7",
        "index.php?module=Users&action=SaveAjax&mode=mailResetInstructions&record=7",
        "index.php?module=Users&action=SaveAjax&mode=enableLogin&record=7",
        "index.php?record=%37&module=Users&action=ResetPasswordMail&app=TOOLS",
        f"{GOOD}&userid=7",
        f"{GOOD}#top",
    ],
)
def test_urls_that_send_a_link(target: str) -> None:
    assert problem(target) == ""
    assert runnable_url(reset(target), SESSION.resolve).startswith(f"{BASE}")


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("", "no address"),
        ("https://evil.test/" + GOOD, "away from"),
        ("http://crm.example.com/crm/" + GOOD, "away from"),
        ("../" + GOOD, "index.php"),
        ("/" + GOOD, "index.php"),
        ("x/../../" + GOOD, "index.php"),
        ("%2e%2e/" + GOOD, "index.php"),
        ("modules/Users/" + GOOD, "index.php"),
        (GOOD.replace("index.php", "index.php/Delete"), "index.php"),
        (GOOD.replace("index.php", "cron.php"), "index.php"),
        (GOOD.replace("Users", "Contacts"), "module Users"),
        (GOOD.replace("module=Users&", ""), "module Users"),
        (GOOD.replace("Settings", "Reports"), "module Users"),
        (GOOD.replace("SendResetLink", "DeleteAjax"), "action=DeleteAjax"),
        (GOOD.replace("SendResetLink", "deleteajax"), "delete, change or save"),
        (GOOD.replace("SendResetLink", "Save"), "delete, change or save"),
        (GOOD.replace("SendResetLink", "SaveAjax"), "delete, change or save"),
        (GOOD.replace("SendResetLink", "SaveAjax&mode=changeUsername"), "mode=changeUsername"),
        (GOOD.replace("SendResetLink", "SaveAjax&mode=mailLink&field=status"), "delete, change or save"),
        (GOOD.replace("SendResetLink", "MassDelete"), "delete, change or save"),
        (GOOD.replace("SendResetLink", "SendResetLink&mode=removeUser"), "delete, change or save"),
        (GOOD + "&deactivate=1", "delete, change or save"),
        (GOOD.replace("action=SendResetLink", "view=Edit"), "names no action"),
        (GOOD + "&view=Edit", "names no action"),
        (GOOD.replace("SendResetLink", "../Delete"), "names no action"),
        (GOOD + "&mode=", "names no action"),
        (GOOD.replace("action", "Action"), "names no action"),
        (GOOD.replace("module", "Module"), "module Users"),
        (GOOD.replace("record", "Record"), "record 7"),
        (GOOD.replace("&record=7", ""), "record 7"),
        (GOOD.replace("=7", "=8"), "record 7"),
        (GOOD + "&src_record=8", "record 7"),
        (GOOD + "&selected_ids=all", "record 7"),
        (GOOD + "&record=7", "same parameter twice"),
        (GOOD + "&record=8", "same parameter twice"),
        (GOOD + "&Record=8", "same parameter twice"),
        (GOOD + "&action=Delete", "same parameter twice"),
        (GOOD + "&record[]=8", "odd parameter"),
        (GOOD + "&record%5B0%5D=8", "odd parameter"),
        (GOOD + "&%20record=8", "odd parameter"),
        (GOOD + "&+record=8", "odd parameter"),
        (GOOD + "&record%00=8", "odd parameter"),
        (GOOD + "&record%00x=8", "odd parameter"),
        (GOOD + "&re.cord=8", "odd parameter"),
        (GOOD + "&a=1;record=8", "odd parameter"),
        (GOOD + "&record", "cannot be read"),
        (GOOD + "&x=%ff", "cannot be read"),
    ],
)
def test_urls_that_do_something_else(target: str, why: str) -> None:
    assert why in problem(target)
    with pytest.raises(ForbiddenItemError, match="Send Reset Link") as caught:
        runnable_url(reset(target), SESSION.resolve)
    assert "for everything but Send Reset Link" not in caught.value.advice


def test_the_advice_for_an_item_without_a_url_and_for_a_suspicious_one() -> None:
    assert "browser" in advice_for_item(reset(""))
    assert "browser" not in advice_for_item(reset("index.php?module=Users&action=Delete&record=7"))


@pytest.mark.parametrize("name", ["Delete", "massDelete", "SAVE", "setPassword", "EditAjax", "lock_user"])
def test_mutating_names(name: str) -> None:
    assert is_mutating_name(name)


@pytest.mark.parametrize("name", ["SendResetLink", "mailAddress", "enableLogin", "unlockUser", "resetlink"])
def test_harmless_names(name: str) -> None:
    assert not is_mutating_name(name)


def as_php_reads(query: str) -> dict[str, str]:
    """Return the parameters that PHP reads from a query (`treat_data` and `php_register_variable_ex`)."""
    params = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        name = unquote_plus(name).split("\0")[0].lstrip(" ")
        name, bracket, _ = name.partition("[")
        name = name.replace(".", "_").replace(" ", "_")
        if name:
            params[name] = "Array" if bracket else unquote_plus(value)
    return params


_NAMES = "record record[] %20record +record record%00 re.cord Record %72ecord record%5B%5D module action mode"
NAMES = st.sampled_from([*_NAMES.split(), "%00action", "action.", "mode[x]", "view", "parent", "x"])
_VALUES = "7 8 %37 7%00 7,8 Users Contacts SendResetLink DeleteAjax Save SaveAjax Settings sendLink %44elete"
VALUES = st.sampled_from([*_VALUES.split(), ""])
HARMLESS = {"SendResetLink", "sendLink", "Users", "Contacts", "Settings"}


@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=6), st.sampled_from(["&", "&&", ";", "&amp;"]), st.booleans()
)
@example([("record[]", "8")], "&", True)
@example([("%20record", "8")], "&", True)
@example([("record%00", "8")], "&", True)
def test_what_is_run_is_what_php_would_run(
    pairs: list[tuple[str, str]], between: str, after_a_good_one: bool
) -> None:
    query = between.join(f"{name}={value}" for name, value in pairs)
    target = f"{GOOD}&{query}" if after_a_good_one else f"index.php?{query}"
    if problem(target):
        return
    params = as_php_reads(urlsplit(runnable_url(reset(target), SESSION.resolve)).query)
    assert (params["record"], params["module"]) == ("7", "Users")
    assert {params["action"], params.get("mode", "Users")} <= HARMLESS | {"SaveAjax"}
    assert params["action"] != "SaveAjax" or params["mode"] in HARMLESS
    assert "view" not in params


@given(st.text(max_size=60))
def test_any_text_is_a_url_of_the_instance_or_forbidden(target: str) -> None:
    try:
        address = runnable_url(reset(target), SESSION.resolve)
    except ForbiddenItemError:
        return
    assert address.startswith(BASE)
