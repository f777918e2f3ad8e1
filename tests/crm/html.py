"""Small pages in the form of a vtiger 8.0 server, for tests of the parsers and for raw servers."""

from collections.abc import Sequence
from html import escape

TOKEN = "sid:0a1b2c3d,1790000000"
TOKEN_SCRIPT = f'<script type="text/javascript">var csrfMagicToken = "{TOKEN}"; var x = 1;</script>'

LOGIN = f"""<!DOCTYPE html><html><head>{TOKEN_SCRIPT}</head><body>
<form action="forgotPassword.php" method="POST">
  <input type="hidden" name="__vtrftk" value="{TOKEN}"><input name="username"><input name="emailId">
</form>
<form class="form-horizontal" method="POST" action="index.php">
  <input type='hidden' name='__vtrftk' value="{TOKEN}" />
  <input type="hidden" name="module" value="Users"/><input type="hidden" name="action" value="Login"/>
  <input id="username" type="text" name="username"><input id="password" type="password" name="password">
</form></body></html>"""

HOME = f"""<!DOCTYPE html><html><head>{TOKEN_SCRIPT}</head><body>
<a href="index.php?module=Contacts&amp;view=List">Contacts</a>
<form method="POST"><input name="query" placeholder="Search"></form></body></html>"""

DENIED = "<!DOCTYPE html><body><h2>Permission denied</h2><a href='javascript:history.back()'>Go back</a>"

COLUMNS = ("first_name", "roleid", "user_name", "email2", "is_admin")


def item(label: str, call: str, *, carrier: str = "onclick") -> str:
    """Return one menu entry, with its script in this attribute and with entities as in real pages."""
    if carrier == "href":
        return f"<li><a href={escape('javascript:' + call)}>{label}</a></li>"
    return f'<li><a onclick="{escape(call)}">{label}</a></li>'


def row(
    user_id: str,
    name: str = "Ann Example",
    email: str = "ann@x.test",
    values: Sequence[str] = ("Sales", "ann", "", "No"),
    menu: str = "",
    *,
    name_at: int = 0,
) -> str:
    """Return a row; `values` are those of all columns except the name's, in the header's order."""
    link = f'<a class="emailField cursorPointer" data-rawvalue="{email}">{email}</a>' if email else ""
    cells = [f'<td class="medium" nowrap><span class="value">{value}</span></td>' for value in values]
    cells.insert(
        name_at,
        f'<td data-name="first_name"><a href="index.php?record={user_id}">{name}</a>{link}</td>',
    )
    first = f'<td class="listViewRecordActions"><ul class="dropdown-menu">{menu}</ul></td>'
    return f"<tr class=\"listViewEntries\" data-id='{user_id}'>{first}{''.join(cells)}</tr>"


def users(
    *rows: str,
    columns: Sequence[str] = COLUMNS,
    announced: int | None = None,
    more: bool = False,
    size: int = 20,
    start: int = 1,
) -> str:
    """Return the fragment of the list with these rows; the first is row number `start` of the whole list."""
    count = len(rows) if announced is None else announced
    first, last = (start, start + count - 1) if count else (0, 0)
    heads = "".join(
        f'<th><a class="listViewContentHeaderValues" data-columnname="{name}">{name.title()}</a>'
        '<a class="removeSorting"></a></th>'
        for name in columns
    )
    search = "".join("<th><input></th>" for _ in columns)
    return f"""<input type="hidden" id="listViewEntriesCount" value="{count}" />
<input type="hidden" id="pageStartRange" value="{first}" />
<input type="hidden" id="pageEndRange" value="{last}" />
<input type="hidden" id="nextPageExist" value="{"1" if more else ""}" />
<input type="hidden" id="pageLimitValue" value= "{size}" />
<input type="hidden" id="noOfEntries" value="{count}">
<table id="listview-table"><thead><tr class="listViewContentHeader"><th>Actions</th>{heads}</tr></thead>
<tbody><tr class="searchRow listViewSearchContainer"><th></th>{search}</tr>{"".join(rows)}</tbody></table>"""


FIELDS = {
    "user_name": "ann",
    "email1": '<a class="emailField" data-rawvalue="ann@x.test">ann@x.test</a>',
    "first_name": "Ann",
    "last_name": "Garc&iacute;a",
    "is_admin": "No",
    "roleid": '<a href="#">Sales</a>',
    "status": "Active",
}
KEY = "k3yThatMustNeverBeSeen"


def profile(user_id: str = "7", menu: str = "", extra: str = "", *, token: bool = True, **fields: str) -> str:
    """Return a whole profile page; `fields` override the default ones."""
    given = {**FIELDS, **fields}
    return f"""<!DOCTYPE html><html><head>{TOKEN_SCRIPT if token else ""}</head><body>
<ul class="dropdown-menu pull-right">{menu}</ul><input id="recordId" type="hidden" value="{user_id}" />
<a href="index.php?module=Home&amp;view=DashBoard">Home</a>
{block("LBL_USERLOGIN_ROLE", "User Login &amp; Role", given)}{extra}
{block("LBL_USER_ADV_OPTIONS", "User Advanced Options", {"accesskey": KEY})}</body></html>"""


def block(key: str, title: str, fields: dict[str, str]) -> str:
    """Return a block of a profile."""
    cells = "".join(
        f'<td id="Users_detailView_fieldLabel_{name}"><span>{name.replace("_", " ").title()}</span></td>'
        f'<td id="Users_detailView_fieldValue_{name}"><span class="value textOverflowEllipsis">{value}</span>'
        f'<span class="hide edit"><input data-value="raw"></span></td>'
        for name, value in fields.items()
    )
    return f'<div class="block" data-block="{key}"><h4>{title}</h4><table><tr>{cells}</tr></table></div>'


def more(label: str, target: str, *, trigger: str = "Users_Detail_Js.triggerX") -> str:
    """Return an entry of the More menu: its URL in an unquoted attribute with entities, as in real pages."""
    name = label.strip().replace(" ", "_")
    return (
        f'<li id="Users_detailView_moreAction_{name}">'
        f"<a href=javascript:{trigger}(&#039;{escape(target)}&#039;) >{label}</a></li>"
    )
