"""The profile page of a user."""

from starlette.responses import HTMLResponse, Response

from dazos_tui.demo.people import Person
from dazos_tui.demo.presets import InstancePreset
from dazos_tui.demo.render import message_page, permission_denied, render_page
from dazos_tui.demo.request_context import RequestContext

Fields = list[tuple[str, str, str]]
"""Name, label, value."""

_ProfileBlock = tuple[str, str, list[tuple[str, str, str, str]]]
"""Key, heading, and fields: name, label, value, and the raw value from the database."""

_RAW = {"Yes": "1", "No": "0"}
"""Raw values in the database, by the value that is shown."""


def profile(context: RequestContext) -> Response:
    """Show a profile. A PJAX request gets an empty body; the More menu is missing for an inactive user."""
    if context.user is None or not context.user.is_admin:
        return permission_denied(context)
    person = context.record()
    if person is None:
        return message_page(
            context.instance.preset.translate("The record you are trying to view has been deleted.")
        )
    if context.is_pjax:
        return HTMLResponse("")
    menu = context.instance.preset.profile_menu if person.active else ()
    body = render_page(
        context,
        "profile.html",
        title=person.full_name,
        person=person,
        blocks=_visible_blocks(_blocks(person), context.instance.preset),
        menu=[(item, item.label.strip().replace(" ", "_")) for item in menu],
    )
    return HTMLResponse(body)


def own_calendar(context: RequestContext) -> Response:
    """Show the signed-in user's own calendar settings, including the time zone."""
    person = context.record()
    if person is None or person is not context.user:
        return permission_denied(context)
    preset = context.instance.preset
    if preset.api_version == "8.3" and context.params.get("parent") != "Settings":
        return message_page("Unable to load template 'file:modules/Vtiger/SettingsMenuStart.tpl'")
    settings = [
        ("hour_format", "Calendar Hour Format", str(preset.hour_format)),
        ("time_zone", "Time Zone", preset.time_zone),
        ("date_format", "Date Format", preset.date_format),
    ]
    blocks = _visible_blocks([("LBL_CALENDAR_SETTINGS", "Calendar Settings", settings)], preset)
    return HTMLResponse(
        render_page(context, "profile.html", title=person.full_name, person=person, blocks=blocks, menu=[])
    )


def _visible_blocks(blocks: list[tuple[str, str, Fields]], preset: InstancePreset) -> list[_ProfileBlock]:
    """Return blocks in the instance's language, each field also with its raw value."""
    say = preset.translate
    return [
        (
            key,
            say(title),
            [(name, say(label), say(text), _RAW.get(text, text)) for name, label, text in part],
        )
        for key, title, part in blocks
    ]


def _blocks(person: Person) -> list[tuple[str, str, Fields]]:
    """Return the profile's blocks, in English: key, heading and fields."""
    return [
        ("LBL_USERLOGIN_ROLE", "User Login & Role", _login_and_role(person)),
        ("LBL_CURRENCY_CONFIGURATION", "Currency and Number Field Configuration", _currency()),
        ("LBL_MORE_INFORMATION", "More Information", _more_information(person)),
        ("LBL_ADDRESS_INFORMATION", "User Address", _address(person)),
        ("LBL_USER_IMAGE_INFORMATION", "User Photograph", [("imagename", "Photograph", "")]),
        ("LBL_USER_ADV_OPTIONS", "User Advanced Options", [("accesskey", "Access Key", person.accesskey)]),
    ]


def _login_and_role(person: Person) -> Fields:
    return [
        ("user_name", "User Name", person.user_name),
        ("email1", "Primary Email", person.email1),
        ("first_name", "First Name", person.first_name),
        ("last_name", "Last Name", person.last_name),
        ("is_admin", "Admin", "Yes" if person.is_admin else "No"),
        ("roleid", "Role", person.roleid),
        ("defaultlandingpage", "Default Landing Page", "Home"),
        ("status", "Status", person.status),
    ]


def _currency() -> Fields:
    return [
        ("currency_id", "Currency", "USA, Dollars ($)"),
        ("currency_grouping_pattern", "Digit Grouping Pattern", "123,456,789"),
        ("currency_decimal_separator", "Decimal Separator", "."),
        ("currency_grouping_separator", "Digit Grouping Separator", ","),
        ("currency_symbol_placement", "Symbol Placement", "$1.0"),
        ("no_of_currency_decimals", "Number Of Currency Decimals", "2"),
    ]


def _more_information(person: Person) -> Fields:
    return [
        ("title", "Title", person.title),
        ("phone_fax", "Fax", ""),
        ("department", "Department", person.department),
        ("email2", "Other Email", person.email2),
        ("phone_work", "Office Phone", person.phone_work),
        ("secondaryemail", "Secondary Email", person.secondaryemail),
        ("phone_mobile", "Mobile", person.phone_mobile),
        ("reports_to_id", "Reports To", person.reports_to_id),
        ("phone_home", "Home Phone", ""),
        ("phone_other", "Secondary Phone", ""),
        ("signature", "Signature", ""),
        ("description", "Documents", ""),
    ]


def _address(person: Person) -> Fields:
    return [
        ("address_street", "Street Address", f"{person.id} Example Street"),
        ("address_country", "Country", "United States"),
        ("address_city", "City", "Springfield"),
        ("address_postalcode", "Postal Code", "00000"),
        ("address_state", "State", ""),
    ]
