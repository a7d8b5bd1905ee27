"""Copies the licence texts of everything that is frozen along: licences.py LOCK FOLDER.

What a wheel carries is what counts; a package without a text is named, with what its metadata says.
"""

import re
import sys
from importlib import metadata
from pathlib import Path

NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
TEXTS = re.compile(r"(?i)(licen[cs]e|copying|notice|authors)")


def main(lock: Path, folder: Path) -> int:
    """Copy every text, write an index, and return 1 if nothing at all is known of a package."""
    folder.mkdir(parents=True, exist_ok=True)
    lines, unknown = [], []
    for name in sorted(set(NAME.findall(lock.read_text(encoding="utf-8"))), key=str.lower):
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # of another system
            continue
        facts = found.metadata
        said = facts.get("License-Expression") or facts.get("License") or ""
        said = said.splitlines()[0][:80] if said else ""
        said = said or "; ".join(c.rsplit("::")[-1].strip() for c in facts.get_all("Classifier", []) if "License" in c)
        texts = [file for file in found.files or () if TEXTS.search(file.name) and file.suffix != ".py"]
        for file in texts:
            source = Path(str(file.locate()))
            if source.is_file():
                target = folder / name / file.name
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(source.read_bytes())
        if not (said or texts):
            unknown.append(name)
        lines.append(
            f"{name} {found.version}: {said or 'see its text'}{'' if texts else ' (its wheel carries no text)'}"
        )
    python = Path(sys.base_prefix) / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "LICENSE.txt"
    if python.is_file():
        (folder / "Python").mkdir(exist_ok=True)
        (folder / "Python" / "LICENSE.txt").write_bytes(python.read_bytes())
    lines.append(f"Python {sys.version.split()[0]}: PSF-2.0")
    (folder / "index.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if unknown:
        sys.stderr.write(f"nothing is known of the licence of {', '.join(unknown)}\n")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
