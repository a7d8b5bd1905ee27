"""Mutation testing of what may not happen: every change of engine/risk that no test notices, and of which kind it is.

    python packaging/mutation.py

mutmut makes the changes and runs tests/engine/risk on each (`[tool.mutmut]` in pyproject.toml; its work lies in
mutants/). A change of a comparison that survives ends this with an error. Changes of words only are told apart from
those of what is decided. Functions that run once while modules are imported cannot be changed afterwards; what they
made is tested by calling them, or as tables.
"""

import ast
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

KINDS = ("comparison", "decision", "words")
STANDING = {0: "survived", 1: "killed", 3: "killed", 33: "not tested", 36: "killed", 24: "killed", -24: "killed"}
"""A change that never comes to an end is noticed, too."""


def main():
    root = Path("mutants/engine/risk")
    run = subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", "1"], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(run.stdout[-2_000:] + run.stderr[-2_000:])
    found = [one for path in sorted(root.glob("*.py.meta")) for one in mutants(path)]
    if not found:
        raise SystemExit("mutmut made no mutants")
    for module in dict.fromkeys(module for module, *_ in found):
        print(line(module, [one for one in found if one[0] == module]))
    print(line("all", found))
    lasting = [one for one in found if one[3] != "killed"]
    for kind in KINDS[:2]:
        for _, name, of, standing in lasting:
            if of == kind:
                print(f"{standing} {kind}: {name}")
    return any(of == "comparison" for _, _, of, _ in lasting)


def line(name, some):
    """Say how many of each kind were killed."""
    made, killed = Counter(of for _, _, of, _ in some), Counter(of for _, _, of, s in some if s == "killed")
    parts = [f"{kind} {killed[kind]}/{made[kind]}" for kind in KINDS]
    score = 100 * sum(killed.values()) / max(1, sum(made.values()))
    return f"{name:18} {score:5.1f} % of {len(some):4}: " + ", ".join(parts)


def mutants(meta):
    """Yield module, name, kind and standing of every mutant of a module."""
    functions = {}
    for node in ast.walk(ast.parse(meta.with_suffix("").read_text())):
        if isinstance(node, ast.FunctionDef) and "__mutmut_" in node.name:
            functions[node.name] = node
    module = meta.name.removesuffix(".py.meta")
    for name, code in json.loads(meta.read_text())["exit_code_by_key"].items():
        bare = name.rpartition(".")[2]
        original = functions.get(f"{bare.rpartition('__mutmut_')[0]}__mutmut_orig")
        changed = functions.get(bare)
        of = "decision" if original is None or changed is None else kind(original, changed)
        yield module, name, of, STANDING.get(code, f"exit code {code}")


def kind(original, changed):
    """Return what a change is of: a comparison, nothing but words, or anything else."""
    if compared(original) != compared(changed):
        return "comparison"
    return "words" if worded(original) == worded(changed) else "decision"


def compared(function):
    return [[type(op).__name__ for op in node.ops] for node in ast.walk(function) if isinstance(node, ast.Compare)]


def worded(function):
    """Return a function's tree without its name, its words and what hangs on these."""
    tree = ast.parse(ast.unparse(function)).body[0]
    tree.name, tree.body = "", [n for n in tree.body if not isinstance(n, ast.Expr)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


if __name__ == "__main__":
    sys.exit(main())
