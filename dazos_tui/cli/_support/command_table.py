"""The commands of ``dazos-tui``. Imports nothing."""

COMMANDS = {
    "users": ("dazos_tui.cli.users:users", "List the people of an instance."),
    "find": ("dazos_tui.cli.find:find", "Look for a person in every instance."),
    "send": ("dazos_tui.cli.send:send", "Send a reset link to one or more people."),
    "history": ("dazos_tui.cli.history:history", "Show what was sent."),
    "note": ("dazos_tui.cli.note:note", "Print the note for the ticket."),
    "verify": ("dazos_tui.cli.verify:verify", "Check who is back in since their reset."),
    "instances": ("dazos_tui.cli.instances:instances", "List the instances of the config."),
    "login": ("dazos_tui.cli.login:login", "Store an instance's password in the system's keyring."),
    "logout": ("dazos_tui.cli.login:logout", "Remove an instance's password from the keyring."),
    "forget": ("dazos_tui.cli.forget:forget", "Remove the lists of people that are remembered."),
    "doctor": ("dazos_tui.cli.doctor:doctor", "Check everything a send needs, without sending."),
    "learn": ("dazos_tui.cli.learn:learn", "Learn from your browser how an instance sends a link."),
    "db": ("dazos_tui.cli.db:db", "Keep the history: backup, check, import, erase, move, upgrade, roles."),
    "config": ("dazos_tui.cli.config:config", "Show and check the config."),
    "schema": ("dazos_tui.cli.schema:schema", "Print the JSON Schema of a command's output."),
    "completion": ("dazos_tui.cli.completion:completion", "Print a script with which your shell completes."),
    "demo": ("dazos_tui.cli.demo:demo", "Try dazos-tui on a demo CRM: no config, no network, no account."),
}
"""Where each command is, as ``module:attribute``, and one line of help; in the order of the help."""
