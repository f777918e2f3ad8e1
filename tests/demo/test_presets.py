"""Differences between instances."""

from dataclasses import replace

from dazos_tui.demo.presets import HARBOR, SUMMIT
from dazos_tui.demo.server import DemoServer
from tests.demo.visitor import LIST, PJAX, hidden, more_menu, row_ids, row_menu


def test_summit_sends_only_from_the_row_menu_with_its_own_label(demo, signed_in):
    instance = demo.instance("summit-prod")
    admin = signed_in(instance)
    person = instance.people[5]
    assert person.active
    assert list(more_menu(admin.profile(person.id))) == [
        "Delete",
        "Change Username",
        "Change Password",
        "Change Access Key",
    ]
    table = admin.page(LIST + "&orderby=user_name&page=1", headers=PJAX)
    shown = instance.population.by_id[row_ids(table)[10]]
    menu = row_menu(table, shown.id)
    (label,) = [label for label in menu if "reset" in label.casefold()]
    assert " ".join(label.split()) == "SEND reset link"
    assert "SEND  reset link" in label
    assert admin.post(menu[label], admin.token()).json()["success"] is True
    assert [mail.user_name for mail in instance.outbox] == [shown.user_name]


def test_summit_has_other_columns_and_longer_pages(demo, signed_in):
    instance = demo.instance("summit-prod")
    table = signed_in(instance).page(LIST, headers=PJAX)
    names = [link.attributes["data-columnname"] for link in table.css("th a[data-columnname]")]
    assert tuple(names) == SUMMIT.columns
    assert hidden(table, "pageLimitValue") == "50"
    assert len(row_ids(table)) == 50


def test_the_sandbox_is_one(demo):
    instance = demo.instance("harbor-sandbox")
    assert instance.environment == "sandbox"
    assert len(instance.people) == 40
    sandboxes = [other.name for other in demo.instances if other.environment == "sandbox"]
    assert sandboxes == ["harbor-sandbox"]


def test_the_order_of_the_instances(demo):
    assert [(instance.name, instance.environment) for instance in demo.instances] == [
        ("harbor-prod", "production"),
        ("summit-prod", "production"),
        ("harbor-sandbox", "sandbox"),
        ("valley-staging", "staging"),
        ("ridge-prod", "production"),
    ]


def test_the_number_of_users_is_that_of_the_first_instance():
    server = DemoServer(users=7)
    assert [len(instance.people) for instance in server.instances] == [7, 60, 40, 120, 60]


def test_a_custom_preset(signed_in):
    stock = replace(
        HARBOR, name="stock", users=10, page_size=3, profile_menu=HARBOR.profile_menu[:1], row_menu=()
    )
    with DemoServer(stock) as server:
        (instance,) = server.instances
        assert instance.name == "stock"
        admin = signed_in(instance)
        assert len(row_ids(admin.page(LIST))) == 3
        assert list(more_menu(admin.profile(1))) == ["Delete"]
        refused = admin.post(
            "index.php?module=Users&parent=Settings&action=SendResetLink&record=1", admin.token()
        )
        assert refused.json()["success"] is False


def test_a_mail_server_that_does_not_work(signed_in, visit):
    with DemoServer(replace(HARBOR, users=5, mail_server_works=False)) as server:
        (instance,) = server.instances
        admin = signed_in(instance)
        url = "index.php?module=Users&parent=Settings&action=SendResetLink&record=1"
        assert admin.post(url, admin.token()).json()["success"] is False
        form = {"username": "demo.admin", "emailId": instance.person("demo.admin").email1}
        response = visit(instance).http.post("forgotPassword.php", data=form)
        assert response.headers["location"].endswith("error=statusError")


def test_an_empty_list(signed_in):
    with DemoServer(users=0) as server:
        admin = signed_in(server.instances[0])
        assert admin.ids() == []
        assert "No Users found" in admin.get(LIST).text
