"""The send page: the plan of an issue's send, its start with undo, and watching it to its end."""
