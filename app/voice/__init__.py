"""Sound in: audio files, the microphone with its pre-roll, and the push-to-talk session over it."""
