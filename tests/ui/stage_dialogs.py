"""Each dialog of the window with something in it, for pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QDialog

from app.ui.address_dialog import AddressDialog
from app.ui.cluster_pi import PiDialog
from app.ui.collections_dialog import CollectionsDialog
from app.ui.crash_dialog import CrashDialog
from app.ui.deploy_dialog import DeployDialog
from app.ui.pairing_dialog import PairingDialog
from app.ui.password_dialog import PasswordDialog
from app.ui.personas_dialog import PersonasDialog
from app.ui.window import MainWindow
from tests.ui.fake_runtime import ScriptedRuntime
from tests.ui.stage import HOUSE

DETAILS = "Traceback (most recent call last):\n  File \"app/ui/window.py\", line 210, in quit\nKeyError: 'x'"


def dialogs(window: MainWindow, runtime: ScriptedRuntime) -> Mapping[str, Callable[[], QDialog]]:
    """Return what makes each of them, by name."""
    bridge, cluster = window.bridge, runtime.cluster
    folders = [f"{HOUSE}/{name}" for name in ("Garden", "House", "Letters", "Tax")]
    return {
        "personas": lambda: PersonasDialog(bridge, runtime.personas, cluster, "", window),
        "collections": lambda: CollectionsDialog(bridge, runtime.collections, folders, window),
        "pairing": lambda: PairingDialog(bridge, cluster, None, window),
        "models": lambda: DeployDialog(cluster.kept, cluster.known, window),
        "pi": lambda: PiDialog(bridge, cluster.upkeep, ["pi-1"], ["attic", "cellar"], window),
        "password": lambda: PasswordDialog("Old plan.pdf", window),
        "address": lambda: AddressDialog(window),
        "crash": lambda: CrashDialog(DETAILS),
    }
