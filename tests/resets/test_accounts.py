"""One account stays one, whatever it is called; and whoever is another by now is told before a send."""

import pytest

from dazos_tui.crm.models import Status
from dazos_tui.history.models import Outcome
from dazos_tui.resets.accounts import UserSnapshot, is_same_name
from dazos_tui.resets.service import ResetBlockedError
from tests.resets.test_service import demo, record_id, service

__all__ = ["demo"]


def codes(check):
    return [finding.code for finding in check.findings]


async def test_a_changed_user_name_does_not_get_around_the_cooldown(demo, tmp_path):
    person = demo.instance("harbor-prod").person("odd.garcia")
    async with service(demo, tmp_path) as (resets, store):
        early = await resets.prepare(str(person.id))
        await resets.send(await resets.prepare(str(person.id)))
        person.user_name = "elena.garcia"
        check = await resets.prepare(str(person.id))
        assert codes(check) == ["sent_recently"]
        with pytest.raises(ResetBlockedError, match="asked for a link for this person just now"):
            await resets.send(early)
        assert len(store.search()) == 1
    assert len(demo.instance("harbor-prod").outbox) == 1


async def test_two_instances_with_one_address_share_the_cooldown(demo, tmp_path):
    """Each looks before the other sends: the second yes sends nothing."""
    async with (
        service(demo, tmp_path) as (resets, store),
        service(demo, tmp_path) as (others, _),
    ):
        second = others._instance.model_copy(update={"name": "harbor-again"})
        others._instance = second
        early = await others.prepare(record_id(demo, "odd.garcia"))
        assert codes(early) == []
        await resets.send(await resets.prepare(record_id(demo, "odd.garcia")))
        with pytest.raises(ResetBlockedError, match="asked for a link for this person just now"):
            await others.send(early)
        late = await others.prepare(record_id(demo, "odd.garcia"))
        assert codes(late) == ["sent_recently"]
        assert "in harbor-prod, which is the same CRM" in late.findings[0].message
        assert len(store.search()) == 1
    assert len(demo.instance("harbor-prod").outbox) == 1


async def test_the_same_mailbox_is_held_too_and_says_whose_link_it_was(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, _):
        await resets.send(await resets.prepare(record_id(demo, "arlo.orchard")))
        check = await resets.prepare(record_id(demo, "arlo.candle"))
    assert codes(check) == ["sent_recently"]
    assert "for “arlo.orchard”, who has the same e-mail" in check.findings[0].message


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (UserSnapshot(), []),
        (UserSnapshot("odd.garcia", "Elena García", "odd.garcia@harbor.example.com"), []),
        (UserSnapshot("ODD.garcia", "García  ELENA"), []),
        (UserSnapshot(name="Elena Gar…"), []),
        (UserSnapshot(name="Elena Gar..."), []),
        (UserSnapshot("odd.garcia", "odd.garcia"), []),
        (UserSnapshot("somebody.else"), ["other_user"]),
        (UserSnapshot(name="Elena Marsh"), ["name_changed"]),
        (UserSnapshot(name="Anna Gar…"), ["name_changed"]),
        (UserSnapshot("odd.garcia", "Elena Marsh", "old@example.com"), ["name_changed", "email_changed"]),
    ],
)
async def test_whoever_is_another_by_now_is_told(demo, tmp_path, chosen, found):
    async with service(demo, tmp_path) as (resets, _):
        check = await resets.prepare(record_id(demo, "odd.garcia"), snapshot=chosen)
        assert [code for code in codes(check) if code != "production"] == found
        if found == ["other_user"]:
            with pytest.raises(ResetBlockedError, match=r"was of “somebody\.else”"):
                await resets.send(check, allowed={"other_user"})
        elif found:
            assert [hold.code for hold in check.overridable] == found
            with pytest.raises(ResetBlockedError):
                await resets.send(check)
            await resets.send(check, allowed=set(found))


def test_names_are_compared_as_people_write_them():
    assert is_same_name("Zoë O'Brien", "zoe obrien")
    assert not is_same_name("Ann Lee", "Ann Bell")
    assert not is_same_name("", "Ann Bell")


async def test_an_attempt_that_failed_is_known_until_a_link_goes_out(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with service(demo, tmp_path) as (resets, _):
        person = record_id(demo, "odd.garcia")
        assert (await resets.prepare(person)).last_failed is None
        harbor.faults.answer_with("action", '{"success":false}')
        await resets.send(await resets.prepare(person))
        check = await resets.prepare(person)
        assert check.last_reset is None
        assert check.last_failed is not None
        assert check.last_failed.outcome is Outcome.REFUSED
        await resets.send(check)
        assert (await resets.prepare(person)).last_failed is None


async def test_nobody_is_taken_for_another_by_how_list_and_profile_write_them(demo, tmp_path):
    """Hostile names among them: cut, empty in part, with marks and signs."""
    async with service(demo, tmp_path) as (resets, _):
        users = {user.id: user for page in (1, 2, 3) for user in await listed(resets, page)}
        assert len(users) > 30
        for user in users.values():
            check = await resets.prepare(user.id, snapshot=UserSnapshot.from_user(user))
            assert not {"other_user", "name_changed", "email_changed", "invalid_email"} & {*codes(check)}


async def listed(resets, number):
    parsed = await resets._client.request_user_page(Status.ACTIVE, number)
    return [row.user for row in parsed().rows]
