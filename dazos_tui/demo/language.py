"""The words of the screens in other languages, as far as somebody could depend on them."""

WORDS: dict[str, dict[str, str]] = {
    "es_es": {
        "Active": "Activo",
        "Yes": "Sí",
        "Permission denied": "Permiso denegado",
        "The record you are trying to view has been deleted.": "Este registro ha sido eliminado.",
        "User Name": "Nombre de usuario",
        "Primary Email": "Email principal",
        "First Name": "Nombre",
        "Last Name": "Apellidos",
        "Admin": "Administrador",
        "Role": "Rol",
        "Status": "Estado",
        "User Login & Role": "Usuario y rol",
        "Signed in": "Conectado",
        "Signed off": "Desconectado",
    },
}
"""By language: the stock Spanish pack leaves “Inactive” and “No” as they are."""


def translated(word: str, language: str) -> str:
    """Return a word in this language, in English where the language's pack lacks it."""
    return WORDS.get(language, {}).get(word, word)
