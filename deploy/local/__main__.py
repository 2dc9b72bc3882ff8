"""``python -m deploy.local``: the drill. ``python -m deploy.local server``: only build the server."""

import logging
import sys

if __name__ == "__main__":
    # Beam warns of cloud clients and type hints while it is imported: nobody should wonder.
    logging.basicConfig(level=logging.ERROR)
    from deploy.local import drill, server

    sys.exit(server.main() if "server" in sys.argv else drill.main())
