"""``python -m dazos_tui``."""

from dazos_tui.cli import main

if __name__ == "__main__":
    main()
