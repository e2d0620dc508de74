"""`world`, `looks`: what the tests of the chat share. (Test folders are no packages, so they are loaded by path.)"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

for _name in ("looks", "world"):
    _spec = importlib.util.spec_from_file_location(f"chat_{_name}", Path(__file__).with_name(f"{_name}.py"))
    _module = importlib.util.module_from_spec(_spec)
    sys.modules[f"chat_{_name}"] = _module
    _spec.loader.exec_module(_module)
