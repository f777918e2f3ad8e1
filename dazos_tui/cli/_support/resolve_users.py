"""The users that arguments of the command line mean."""

from collections.abc import Sequence

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.output import echo_err, format_table
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import User, UserRow
from dazos_tui.directory.pasted_email import query_from_pasted
from dazos_tui.resets.record_id import user_with_record_id
from dazos_tui.text.sanitize import safe_text

_USE_EXACT_ADVICE = "Use an exact e-mail, user name or record id: “dazos-tui users” lists them."
_USE_ID_ADVICE = "Use a user name or record id: people may share an e-mail."


async def resolve_users(client: CrmClient, texts: Sequence[str]) -> list[User]:
    """Return the one user each text means, each user once, in the order given.

    A text is an e-mail address, a user name or a record id. Raises CommandError that names every text that
    matches nobody or more than one, after listing the candidates on stderr. Raises CrmError.
    """
    found: dict[str, User] = {}
    wrong: list[str] = []
    advice = _USE_EXACT_ADVICE
    named = [query_from_pasted(text) for text in texts]
    rows = await client.find_exact_many(named)
    for text, found_rows in zip(named, rows, strict=True):
        candidates = await _candidates(client, text, found_rows)
        if len(candidates) == 1:
            found |= {user.id: user for user in candidates}
            continue
        how_many = f"{len(candidates)} people match" if candidates else "Nobody matches"
        advice = _USE_ID_ADVICE if candidates else advice
        wrong.append(f"{how_many} “{safe_text(text)}”.")
        for line in format_table(
            [(user.id, user.user_name, user.name, user.email, user.status.label) for user in candidates]
        ):
            echo_err(f"  {line}")
    if wrong:
        raise CommandError(ExitCode.NO_MATCH, "\n".join(wrong), advice=f"Nothing was sent. {advice}")
    return list(found.values())


async def _candidates(client: CrmClient, text: str, rows: Sequence[UserRow]) -> list[User]:
    people = {row.user.id: row.user for row in rows}
    if text not in people and (user := await user_with_record_id(client, text)) is not None:
        people[user.id] = user
    return list(people.values())
