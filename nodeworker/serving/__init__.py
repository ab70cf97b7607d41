"""From a call on the wire to the engine that answers it: who may call, rooms, queues."""
