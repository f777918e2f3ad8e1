import json

import pytest

from dazos_tui.demo.faults import Fault


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_person_is_found_in_whichever_instance_they_are(desk, demo):
    person = demo.instance("summit-prod").people[5]
    done = desk.run("find", person.user_name, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {(one["instance"], one["user_name"]) for one in records(done)} >= {
        ("summit-prod", person.user_name)
    }
    assert list(records(done)[0]) == [
        "instance", "id", "user_name", "name", "email", "role", "status", "admin",
    ]  # fmt: skip


def test_all_instances_are_searched(desk, demo):
    names = [one["instance"] for one in records(desk.call("find", "demo.admin", "--json"))]
    assert sorted(names) == sorted(instance.name for instance in demo.instances)


def test_all_words_must_fit_and_accents_do_not_matter(desk):
    done = desk.call("find", "elena garcia")
    _, found = done.stdout.splitlines()
    instance, environment, user_id, *name = found.split()[:5]
    assert (done.returncode, instance, environment, name) == (
        0,
        "harbor-prod",
        "PRODUCTION",
        ["Elena", "García"],
    )
    assert user_id.isdecimal()
    assert desk.call("find", "elena beacon").returncode == 4


def test_a_user_name_with_a_colon_is_asked_for(desk, demo):
    demo.instance("harbor-prod").add_person("acme:jdoe", "Jo", "Doe")
    done = desk.call("find", "acme:jdoe", "--json")
    assert [one["user_name"] for one in records(done)] == ["acme:jdoe"]


def test_csv_has_one_header_also_if_the_first_answers_have_nobody(desk, demo):
    others = [one for one in demo.instances if one.name != "summit-prod"]
    person = next(
        person for person in demo.instance("summit-prod").people
        if all(person.user_name not in {one.user_name for one in other.people} for other in others)
    )  # fmt: skip
    demo.instance("summit-prod").faults.delay("list", 1.0, times=None)
    done = desk.call("find", person.user_name, "--csv")
    header, *rows = done.stdout.splitlines()
    assert header == "instance,id,user_name,name,email,role,status,admin"
    assert rows
    assert all(row.startswith("summit-prod,") for row in rows)


def test_no_match_is_reported(desk):
    done = desk.call("find", "no.such.person")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "Nobody matches “no.such.person”.\n"


def test_an_instance_that_fails_is_named_and_the_others_are_searched(desk, demo):
    demo.instance("summit-prod").faults.inject("list", Fault(body="Fatal error", status=500), times=None)
    done = desk.call("find", "garcia")
    assert done.returncode == 0
    assert "García" in done.stdout
    assert "Could not search summit-prod:" in done.stderr
    assert "HTTP 500" in done.stderr
    done = desk.call("find", "no.such.person")
    assert done.returncode == 8
    assert "Nobody matches “no.such.person” in the instances that were searched." in done.stderr


def test_nobody_is_asked_for_a_password(desk, demo):
    desk.configure(demo, password_command=None, keyring=False)
    done = desk.call("find", "garcia")
    assert done.returncode == 5
    assert done.stderr.count("The password has to be typed there.") == len(demo.instances)
    assert all(instance.sign_in_attempts == 0 for instance in demo.instances)


def test_each_session_is_signed_out(desk, demo):
    desk.call("find", "garcia")
    assert all(len(instance.sessions) <= 1 for instance in demo.instances)
    assert all(instance.sign_in_attempts == 1 for instance in demo.instances)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("a", "two letters"),
        ("a b", "two letters"),
        ("status:active", "two letters"),
    ],
)
def test_a_query_that_no_crm_can_be_searched_for_is_refused(desk, query, words):
    done = desk.call("find", query)
    assert done.returncode == 2
    assert words in done.stderr


def add_many(crm, last_name, count=24):
    for number in range(count):
        crm.add_person(f"{last_name.lower()}{number:03}", f"Ulf{number}", last_name)


def searches(crm):
    return [one.query for one in crm.requests if "search_params" in one.query]


def found_in(done, name):
    return [one["user_name"] for one in records(done) if one["instance"] == name]


def test_someone_on_a_later_page_of_the_search_is_found(desk, harbor):
    add_many(harbor, "Zimmerling")
    harbor.add_person("zz.quy", "Quy", "Zimmerling")
    assert found_in(desk.call("find", "quy zimmerling", "--json"), "harbor-prod") == ["zz.quy"]


def test_all_pages_of_the_search_are_read(desk, harbor):
    add_many(harbor, "Zimmerling", 130)
    done = desk.call("find", "zimmerling", "--json")
    assert len(found_in(done, "harbor-prod")) == 130
    assert done.stderr == ""


def test_the_longest_word_may_be_a_role(desk, harbor):
    harbor.add_person("zz.ulf", "Ulf", "Zimmerling").roleid = "Clinical Superintendent"
    before = len(searches(harbor))
    done = desk.call("find", "ulf superintendent", "--json")
    assert found_in(done, "harbor-prod") == ["zz.ulf"]
    assert len(searches(harbor)) - before == 4


def test_a_search_of_one_page_takes_one_request_for_each_list(desk, demo):
    done = desk.call("find", "elena garcia", "--json")
    assert len(records(done)) == 1
    assert len(searches(demo.instance("harbor-prod"))) == 2


def test_an_answer_that_was_cut_short_is_said(desk, harbor):
    add_many(harbor, "Zimmerling")
    harbor.add_person("zz.quy", "Quy", "Zimmerling")
    harbor.faults.cut_page(2, rendered=0)
    done = desk.call("find", "zimmerling name:quy")
    assert (done.returncode, done.stdout) == (8, "")
    assert "Could not completely search harbor-prod:" in done.stderr
    assert "was cut short: 5 of 5 people are missing." in done.stderr
    assert "Nobody matches “zimmerling name:quy” among the people who were looked at." in done.stderr
    done = desk.call("find", "quy zimmerling", "--json")
    assert (done.returncode, found_in(done, "harbor-prod"), done.stderr) == (0, ["zz.quy"], "")


def test_who_was_read_is_printed_if_another_page_fails(desk, harbor):
    add_many(harbor, "Zimmerling")
    harbor.faults.cut_page(2, rendered=0)
    done = desk.call("find", "zimmerling", "--json")
    assert (done.returncode, len(records(done))) == (0, 20)
    assert "was cut short" in done.stderr


def test_a_word_that_nearly_everybody_has_is_not_read_to_the_end(desk, harbor):
    add_many(harbor, "Zimmerling", 700)
    before = len(searches(harbor))
    done = desk.call("find", "zimmerling", "--json")
    assert 500 <= len(found_in(done, "harbor-prod")) < 700
    assert "More than 500 people have “zimmerling” in their name or e-mail" in done.stderr
    assert len(searches(harbor)) - before < 40
    harbor.add_person("zz.quy", "Quy", "Zimmerling")
    done = desk.call("find", "quy zimmerling", "--json")
    assert (done.returncode, found_in(done, "harbor-prod"), done.stderr) == (0, ["zz.quy"], "")
