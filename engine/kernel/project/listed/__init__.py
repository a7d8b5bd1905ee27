"""Views of instruments that venues list: drawn from their books, with our orders in their true states."""
