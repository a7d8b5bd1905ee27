"""The nouns and the errors. Imports only the standard library and msgspec."""
