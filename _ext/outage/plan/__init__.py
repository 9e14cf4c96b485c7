"""What policy plans for an outage before there is one: who does what by when, from minute zero to closure."""
