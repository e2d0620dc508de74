"""The only room that joins the six below it: a due source to a commit, an outbox to a receipt."""
