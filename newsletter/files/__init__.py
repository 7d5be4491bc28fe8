"""Files of editors and operators: written whole or not at all, private where they hold addresses, errors by line."""
