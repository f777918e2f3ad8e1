"""An account stays the same when it is renamed; a record of another person is reported before a send."""

import pytest

from dazos_tui.crm.models import Status
from dazos_tui.history.models import Outcome
from dazos_tui.resets.accounts import UserSnapshot, is_same_name
from dazos_tui.resets.service import ResetBlockedError
from tests.resets.test_service import demo, record_id, service

__all__ = ["demo"]


def codes(prepared):
    return [finding.code for finding in prepared.findings]


async def test_a_changed_user_name_does_not_get_around_the_cooldown(demo, tmp_path):
    person = demo.instance("harbor-prod").person("odd.garcia")
    async with service(demo, tmp_path) as (resets, store):
        early = await resets.prepare(str(person.id))
        await resets.send(await resets.prepare(str(person.id)))
        person.user_name = "elena.garcia"
        prepared = await resets.prepare(str(person.id))
        assert codes(prepared) == ["sent_recently"]
        with pytest.raises(ResetBlockedError, match="requested a link for this person just now"):
            await resets.send(early)
        assert len(store.search()) == 1
    assert len(demo.instance("harbor-prod").outbox) == 1


async def test_two_instances_with_one_address_share_the_cooldown(demo, tmp_path):
    """Each checks before the other sends: the second confirmation sends nothing."""
    async with (
        service(demo, tmp_path) as (resets, store),
        service(demo, tmp_path) as (others, _),
    ):
        second = others._instance.model_copy(update={"name": "harbor-again"})
        others._instance = second
        early = await others.prepare(record_id(demo, "odd.garcia"))
        assert codes(early) == []
        await resets.send(await resets.prepare(record_id(demo, "odd.garcia")))
        with pytest.raises(ResetBlockedError, match="requested a link for this person just now"):
            await others.send(early)
        late = await others.prepare(record_id(demo, "odd.garcia"))
        assert codes(late) == ["sent_recently"]
        assert "in harbor-prod, which is the same CRM" in late.findings[0].message
        assert len(store.search()) == 1
    assert len(demo.instance("harbor-prod").outbox) == 1


async def test_a_link_to_the_same_mailbox_blocks_too_and_names_its_user(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, _):
        await resets.send(await resets.prepare(record_id(demo, "arlo.orchard")))
        prepared = await resets.prepare(record_id(demo, "arlo.candle"))
    assert codes(prepared) == ["sent_recently"]
    assert "for “arlo.orchard”, who has the same e-mail" in prepared.findings[0].message


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
async def test_a_record_that_now_belongs_to_another_person_is_reported(demo, tmp_path, chosen, found):
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"), snapshot=chosen)
        assert [code for code in codes(prepared) if code != "production"] == found
        if found == ["other_user"]:
            with pytest.raises(ResetBlockedError, match=r"no longer to “somebody\.else”"):
                await resets.send(prepared, allowed={"other_user"})
        elif found:
            assert [hold.code for hold in prepared.overridable] == found
            with pytest.raises(ResetBlockedError):
                await resets.send(prepared)
            await resets.send(prepared, allowed=set(found))


def test_names_are_compared_regardless_of_order_and_cuts():
    assert is_same_name("Zoë O'Brien", "zoe obrien")
    assert not is_same_name("Ann Lee", "Ann Bell")
    assert not is_same_name("", "Ann Bell")


async def test_a_failed_attempt_is_reported_until_a_link_goes_out(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with service(demo, tmp_path) as (resets, _):
        person = record_id(demo, "odd.garcia")
        assert (await resets.prepare(person)).last_failed is None
        harbor.faults.answer_with("action", '{"success":false}')
        await resets.send(await resets.prepare(person))
        prepared = await resets.prepare(person)
        assert prepared.last_reset is None
        assert prepared.last_failed is not None
        assert prepared.last_failed.outcome is Outcome.REFUSED
        await resets.send(prepared)
        assert (await resets.prepare(person)).last_failed is None


async def test_list_and_profile_spellings_are_recognized_as_one_person(demo, tmp_path):
    """The names include hostile ones: cut short, partly empty, with marks and symbols."""
    async with service(demo, tmp_path) as (resets, _):
        users = {user.id: user for page in (1, 2, 3) for user in await listed(resets, page)}
        assert len(users) > 30
        for user in users.values():
            prepared = await resets.prepare(user.id, snapshot=UserSnapshot.from_user(user))
            assert not {"other_user", "name_changed", "email_changed", "invalid_email"} & {*codes(prepared)}


async def listed(resets, number):
    parsed = await resets._client.request_user_page(Status.ACTIVE, number)
    return [row.user for row in parsed().rows]
