"""FnApiRunner without a state cache, as real workers have it by ``--max_cache_memory_usage_mb=0``.

Its workers inside this process have a cache of 100 MB whatever the flag says (`worker_handlers.STATE_CACHE_SIZE_MB`),
and each put asks how large a value is by walking all that it refers to, module globals included (`objsize`): three
quarters of the stateful path's time. Workers of Dataflow read the flag (`sdk_worker_main`).
"""

from apache_beam.runners.portability.fn_api_runner import worker_handlers


def off() -> None:
    """For every pipeline that this process runs from now on."""
    worker_handlers.STATE_CACHE_SIZE_MB = 0
