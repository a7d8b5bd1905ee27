"""The pump: the only asynchronous part of the engine that decides order."""
