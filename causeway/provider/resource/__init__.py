"""What every resource type is built on: its interface, whose an object is, and facts of a run."""
