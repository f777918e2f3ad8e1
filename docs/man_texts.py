"""What the man page says beside the commands: files, environment, examples."""

FILES = (
    (
        "~/.config/dazos-tui/config.toml",
        "The config. “dazos-tui config path” prints where it is, which differs between systems. "
        "It never has a password in it, and nobody but you may be able to write to it.",
    ),
    (
        "~/.local/state/dazos-tui/people/*.tsv",
        "The last list of people of each instance, for keep_people_hours. “dazos-tui forget” removes it.",
    ),
    ("~/.config/dazos-tui/themes/*.toml", "Your own themes, beside the config."),
    (
        "~/.local/state/dazos-tui/history.db",
        "The history of what was sent, unless the config names a server. "
        "“dazos-tui config show” prints the folder.",
    ),
)
"""Each file with what is in it."""

ENVIRONMENT = (
    ("DAZOS_TUI_CONFIG", "The config, unless --config names one."),
    ("DAZOS_TUI_STATE", "The folder of the history, unless --state names one."),
    ("XDG_CONFIG_HOME", "Where the default config is, instead of ~/.config."),
    ("XDG_STATE_HOME", "Where the default folder of the history is, instead of ~/.local/state."),
    ("NO_COLOR", "If it is set and not empty, no colours are used."),
    ("COLUMNS", "The width of help, instead of that of the terminal."),
)
"""Each variable with what it does."""

EXAMPLES = (
    ("dazos-tui demo", "Try it with a CRM that ends with it:"),
    ("dazos-tui -i acme", "Open the app on an instance of the config:"),
    ("dazos-tui send -i acme ann.bell@example.com --ticket T-1042", "Send a link, after a question:"),
    ("dazos-tui send -i acme ann.bell --yes --json", "Send one from a script:"),
    ("dazos-tui users -i acme garcia --json", "List people, one JSON object a line:"),
    ("dazos-tui history --since 2d --outcome unknown", "What has to be looked into:"),
    ("dazos-tui doctor -i acme", "Check an instance without sending anything:"),
    ("echo 'source <(dazos-tui completion bash)' >> ~/.bashrc", "Let bash complete commands from now on:"),
)
"""Each command with what it is for."""

SEE_ALSO = "The documentation of dazos-tui, in the folder docs of its source. pass(1), secret-tool(1)"
"""The last section."""
