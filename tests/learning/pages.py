"""The smallest pages of a CRM that the parsers read, for people whom a test makes up."""

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class MadeUpPerson:
    id: str
    name: str
    user_name: str
    email: str
    access_key: str

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.id, self.name, *self.name.split(), self.user_name, self.email, self.access_key)


def login_page(token: str) -> str:
    return f"""<html><script>var csrfMagicToken = "{token}";</script><form action="index.php">
<input type="hidden" name="__vtrftk" value="{token}"><input name="username">
<input type="password" name="password">
</form></html>"""


def list_page(people: list[MadeUpPerson], token: str) -> str:
    rows = "".join(
        f"""<tr class="listViewEntries" data-id="{one.id}">
<td><ul class="dropdown-menu">
<li><a onclick="Users_Detail_Js.send({one.id})">Send Reset Link</a></li></ul></td>
<td data-name="first_name"><a>{escape(one.name)}</a></td><td>{escape(one.user_name)}</td>
<td><a class="emailField" data-rawvalue="{escape(one.email)}">{escape(one.email)}</a></td></tr>"""
        for one in people
    )
    return f"""<html><script>var csrfMagicToken = "{token}";</script>
<input id="noOfEntries" value="{len(people)}"><input id="pageLimitValue" value="20"><table>
<tr><th><a data-columnname="first_name">Name</a></th><th><a data-columnname="user_name">User</a></th>
<th><a data-columnname="email1">Mail</a></th></tr>{rows}</table></html>"""


def profile_page(person: MadeUpPerson, token: str) -> str:
    first, _, last = person.name.partition(" ")
    fields = {
        "user_name": person.user_name,
        "email1": person.email,
        "status": "Active",
        "first_name": first,
        "last_name": last,
        "accesskey": person.access_key,
    }
    cells = "".join(
        f"""<td id="Users_detailView_fieldLabel_{name}">{name}</td>
<td id="Users_detailView_fieldValue_{name}"><span class="value">{escape(value)}</span></td>"""
        for name, value in fields.items()
    )
    return f"""<html><script>var csrfMagicToken = "{token}";</script><input id="recordId" value="{person.id}">
<div class="block" data-block="USER"><h4>User</h4><table><tr>{cells}</tr></table></div>
<ul class="dropdown-menu"><li id="Users_detailView_moreAction_Send_Reset_Link">
<a onclick="Users_Detail_Js.send({person.id})">Send Reset Link</a></li></ul></html>"""
