"""`python -m app` is the same program as `tangnet`."""

from app.cli import main

raise SystemExit(main())
