"""What was sent: a durable record of every reset, written before the request leaves."""
