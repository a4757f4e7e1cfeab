"""Apache Kafka's jars, fetched once by Maven, and the Java that runs them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ihala.testing.mongod import PartMissingError

_POM = Path(__file__).with_name("kafka-pom.xml")
_JAVA = 17
_FETCHED_WITHIN_S = 600


def kafka_command(*options: str) -> list[str]:
    """``java`` with Kafka on its class path; raises PartMissingError when one of them is missing.

    The jars lie in IHALA_KAFKA_JARS, else in the user's cache folder, where Maven puts them.
    """
    return [find_java(), *options, "-cp", f"{_jars()}/*"]


def find_java() -> str:
    """The Java to use, JAVA_HOME's before the one on PATH; 17 or newer, or PartMissingError."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    mend = f"install Java {_JAVA} or newer (Debian: openjdk-{_JAVA}-jre-headless)"
    if found is None:
        raise PartMissingError(f"no java in {home or 'PATH'}: {mend}, or set JAVA_HOME to it")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < _JAVA:
        raise PartMissingError(f"Kafka 4 does not run on {found}: {mend}, or set JAVA_HOME to it")
    return found


def _jars() -> Path:
    """The folder with the jars, filled by Maven when it is not there."""
    named = os.environ.get("IHALA_KAFKA_JARS")
    if named:
        return _checked(Path(named))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    jars = cache / "ihala" / f"kafka-{hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]}"
    if not jars.is_dir():
        _fetch(jars)
    return jars


def _checked(jars: Path) -> Path:
    if not any(jars.glob("kafka_*.jar")):
        raise PartMissingError(f"IHALA_KAFKA_JARS names {jars}, where no kafka_*.jar is")
    return jars


def _fetch(jars: Path) -> None:
    """Fill the folder beside itself and rename it, so that half of the jars never count as all."""
    maven = shutil.which("mvn")
    if maven is None:
        raise PartMissingError(
            "no mvn to fetch Kafka's jars: install Maven (Debian: maven), "
            "or set IHALA_KAFKA_JARS to a folder that holds them"
        )
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars.parent) as place:
        target = Path(place) / "jars"
        command = [maven, "--quiet", "--batch-mode", "--file", str(_POM)]
        command += ["dependency:copy-dependencies", f"-DoutputDirectory={target}"]
        done = subprocess.run(
            [*command, "-DincludeScope=runtime"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_FETCHED_WITHIN_S,
        )
        if done.returncode or not target.is_dir():
            raise PartMissingError(f"Maven could not fetch Kafka's jars:\n{done.stdout[-2000:]}")
        if not jars.is_dir():
            target.rename(jars)
