"""The job at State scale: put on Dataflow, changed in place, and looked at after its first pay run."""
