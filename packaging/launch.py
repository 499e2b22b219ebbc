#!/usr/bin/env python3
"""Starts CNN Studio on a fresh machine, with nothing but Python.

    python3 packaging/launch.py              make .venv, install, open the window
    python3 packaging/launch.py test         the same, then run the tests
    python3 packaging/launch.py race ...     any command of `cnnstudio`

The standard library is all it uses, and it parses on old Pythons so that it can say which one is needed.
Everything it makes lies in `.venv` beside the project; deleting that folder undoes it.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "cnnstudio-installed.txt")
CONSTRAINTS = os.path.join(ROOT, "packaging", "constraints.txt")
OLDEST_PYTHON = (3, 11)

# Installed size: torch (CPU) 0.8 GB, Qt 0.25 GB, the rest 0.7 GB, and as much again while pip unpacks.
DISK_GB = 3.5

# Shared libraries that PySide6's wheel expects from the system, and the Debian package of each.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", os.path.expanduser("~/.local/share/fonts"))
FONT_PACKAGE = "fonts-dejavu-core"


# Each test thread counts as one core, so two processes halve the time; `test -n 0` runs them one after the other.
TESTS_SIDE_BY_SIDE = ["-n", "2", "--dist", "worksteal"]


class Problem(Exception):
    """Why the program cannot be started, in one sentence."""


def say(text):
    """Writes a line that appears at once, also through a pipe."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def check_python():
    """Raises Problem when this Python is too old or cannot make environments."""
    if sys.version_info < OLDEST_PYTHON:
        raise Problem(
            "CNN Studio needs Python %d.%d or later, and this is %s; install a newer one and call it instead."
            % ((*OLDEST_PYTHON, platform.python_version()))
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        version = "%d.%d" % sys.version_info[:2]
        raise Problem(
            "This Python cannot make environments: its 'venv' part is missing; "
            "on Debian and Ubuntu type: sudo apt install python%s-venv" % version
        ) from None


def check_disk():
    """Raises Problem when the project's disk is too full to install on."""
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    if free_gb < DISK_GB:
        raise Problem(
            "Installing needs %.1f GB of free disk and %s has %.1f GB; free some space and try again."
            % (DISK_GB, ROOT, free_gb)
        )


def venv_python():
    """The environment's interpreter."""
    parts = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(VENV, *parts)


def wanted_stamp(extra):
    """A text that changes whenever the installation must be brought up to date."""
    digest = hashlib.sha256(sys.version.encode())
    for name in (os.path.join(ROOT, "pyproject.toml"), CONSTRAINTS):
        with open(name, "rb") as file:
            digest.update(file.read())
    return "%s%s" % (digest.hexdigest(), extra)


def installed(extra):
    """Whether .venv is complete, up to date and has the extra (the one for tests includes the plain one)."""
    try:
        with open(STAMP) as file:
            stamp = file.read()
    except OSError:
        return False
    return stamp in {wanted_stamp(extra), wanted_stamp("[dev]")} and os.path.exists(venv_python())


def run(command, what):
    """Runs a command and shows its output only when it fails.

    Raises:
        Problem: The command failed; `what` says what it was for.
    """
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode:
        sys.stderr.write(result.stdout.decode(errors="replace"))
        raise Problem("%s failed (its last lines are above); check the network connection and try again." % what)


def install(extra, torch_index):
    """Makes .venv and installs the program into it, editable, with the tested versions."""
    check_python()
    check_disk()
    say("Setting up CNN Studio in %s; this is done once and takes a few minutes." % VENV)
    works = os.path.exists(venv_python()) and subprocess.call([venv_python(), "-c", "import pip"]) == 0
    if not works:
        shutil.rmtree(VENV, ignore_errors=True)
        run([sys.executable, "-m", "venv", VENV], "Making the environment")
    pip = [venv_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", CONSTRAINTS]
    say("  PyTorch ...")
    run(pip + (["--index-url", torch_index] if torch_index else []) + ["torch"], "Installing PyTorch")
    say("  Qt and the rest ...")
    run([*pip, "-e", ROOT + extra], "Installing the program")
    with open(STAMP, "w") as file:
        file.write(wanted_stamp(extra))


def missing_packages():
    """Debian packages of the system libraries and fonts that Qt needs and this Linux lacks."""
    missing = []
    for library, package in QT_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    if not any(os.path.isdir(folder) and os.listdir(folder) for folder in FONT_FOLDERS):
        missing.append(FONT_PACKAGE)
    return missing


def install_libraries():
    """Installs what Qt misses where it may, otherwise prints the one line to type. Linux only."""
    packages = missing_packages()
    if not packages:
        return
    apt = shutil.which("apt-get")
    root = [] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["sudo", "-n"]
    if apt and (not root or shutil.which("sudo")):
        say("Installing system libraries of Qt: %s" % " ".join(packages))
        quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        subprocess.call([*root, apt, "update"], env=environment, **quiet)
        command = [*root, apt, "install", "-y", "--no-install-recommends", *packages]
        if subprocess.call(command, env=environment, **quiet) == 0:
            return
    say("Qt needs some libraries of the system; if the window does not open, type: " + by_hand(packages))


def by_hand(packages):
    """The one line that installs the libraries on this kind of Linux."""
    if shutil.which("dnf"):
        return (
            "sudo dnf install mesa-libEGL mesa-libGL dbus-libs fontconfig libxkbcommon-x11 xcb-util-cursor "
            "xcb-util-wm xcb-util-image xcb-util-keysyms xcb-util-renderutil dejavu-sans-fonts"
        )
    if shutil.which("pacman"):
        return (
            "sudo pacman -S libglvnd dbus fontconfig libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-image "
            "xcb-util-keysyms xcb-util-renderutil ttf-dejavu"
        )
    return "sudo apt install " + " ".join(packages)


def replace_process(command, environment):
    """Hands over to the program; its exit status becomes ours."""
    if os.name == "nt":
        sys.exit(subprocess.call(command, env=environment))
    os.execve(command[0], command, environment)


def main(arguments):
    """Sets up what is missing and hands over to the program or to its tests."""
    torch_index = ""
    if arguments[:1] == ["--torch-index"]:
        if len(arguments) < 2:
            raise Problem("--torch-index needs the address of a package index.")
        torch_index, arguments = arguments[1], arguments[2:]
    testing = arguments[:1] == ["test"]
    extra = "[dev]" if testing else ""
    if not installed(extra):
        install(extra, torch_index)
        if sys.platform.startswith("linux"):
            install_libraries()
    environment = dict(os.environ)
    if testing:
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        os.chdir(ROOT)
        replace_process([venv_python(), "-m", "pytest", *TESTS_SIDE_BY_SIDE, *arguments[1:]], environment)
        return
    replace_process([venv_python(), "-m", "cnnstudio", *arguments], environment)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Problem as problem:
        say(str(problem))
        sys.exit(1)
    except KeyboardInterrupt:
        say("Stopped; call it again to go on.")
        sys.exit(130)
