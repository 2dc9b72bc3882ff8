"""The live job on a disk that loses power, a topic that repeats itself and a clock that jumps: all from one seed."""
