"""The library: documents on this machine are read, cut into chunks, embedded, stored and searched here."""
