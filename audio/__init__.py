"""Sound and time: arrays in, frozen dataclasses out. Only `audio.decode` touches files."""
