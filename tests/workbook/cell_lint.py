"""A lint over the product's source: nothing but the workbook room touches Excel, and even there no
cell is set but through the safe writer."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOM = "reporting/workbook/"
_LIBRARIES = {
    "openpyxl",
    "msoffcrypto",
    "xlsxwriter",
    "xlwt",
    "pyexcelerate",
    "rustpy_xlsxwriter",
    "pandas",
}
_SHEET_NAMES = {"ws", "sheet", "worksheet", "active"}
_CELL_METHODS = {"append", "cell", "write", "write_row", "write_column", "write_string"}
_EXEMPT = {"tests", "benchmarks", "node_modules", "var", "docs", "static"}


def product_files() -> Iterator[Path]:
    """Every Python file of the product: all folders but tests, benchmarks and what is generated."""
    for path in sorted(ROOT.rglob("*.py")):
        top = path.relative_to(ROOT).parts[0]
        if top not in _EXEMPT and not top.startswith("."):
            yield path


def violations(source: str, path: str) -> list[str]:
    """What ``source``, standing at the relative ``path``, does to cells or libraries, by line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        found += [(node.lineno, words) for words in _imports(node, path)]
        found += [(node.lineno, words) for words in _writes(node)]
    return [f"{path}:{line}: {words}" for line, words in sorted(found)]


def _imports(node: ast.AST, path: str) -> Iterator[str]:
    if path.startswith(ROOM):
        return
    names = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or ""]
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        names = [a.value for a in node.args if isinstance(a, ast.Constant) and a.value]
    for name in names:
        if str(name).split(".")[0] in _LIBRARIES:
            yield f"imports {name} outside {ROOM}"


def _writes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Subscript) and _is_sheet(target.value):
                yield f"sets {ast.unparse(target)} past the safe writer"
            if isinstance(target, ast.Attribute) and target.attr == "value" and _is_cell(target):
                yield f"sets {ast.unparse(target)} past the safe writer"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr not in _CELL_METHODS or not _is_sheet(node.func.value):
            return
        # Asking for a cell by row and column is reading; a third argument sets it.
        sets = len(node.args) > 2 or any(keyword.arg == "value" for keyword in node.keywords)
        if node.func.attr != "cell" or sets:
            yield f"calls {ast.unparse(node.func)} past the safe writer"


def _is_sheet(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _SHEET_NAMES or node.id.endswith(("_ws", "_sheet"))
    return isinstance(node, ast.Attribute) and node.attr in _SHEET_NAMES - {"sheet"}


def _is_cell(target: ast.Attribute) -> bool:
    owner = target.value
    if isinstance(owner, ast.Subscript):
        return _is_sheet(owner.value)
    if isinstance(owner, ast.Call):
        return isinstance(owner.func, ast.Attribute) and owner.func.attr == "cell"
    return isinstance(owner, ast.Name) and owner.id == "cell"
