"""Which JSON library? Time each one that is installed on 300 records.

``python benchmarks/json_choice.py``; what was concluded is told in
``cliquet/serialization.py``.
"""

import importlib
import timeit
from types import ModuleType

RECORDS = [
    {
        "id": f"3f1c2e9a-6f0e-4b52-9d7f-{number:012}",
        "last_modified": 1795498944007 + number,
        "name": "Morel é",
        "rating": number,
        "url": f"https://example.org/{number}",
    }
    for number in range(300)
]
BIG = "18446744073709551617123"
REPEATS = 100


def keeps_big_integers(library: ModuleType) -> bool:
    """Return whether an integer beyond 64 bits is read exactly."""
    try:
        return bool(library.loads(BIG) == int(BIG))
    except ValueError:
        return False


def milliseconds(statement: str, library: ModuleType, text: str) -> float:
    """Time a statement, the best of five rounds."""
    names = {"library": library, "records": RECORDS, "text": text}
    rounds = timeit.repeat(statement, globals=names, number=REPEATS, repeat=5)
    return min(rounds) / REPEATS * 1000


def main() -> None:
    """Print a line for each library."""
    text = importlib.import_module("json").dumps(RECORDS)
    for name in ("json", "ujson", "rapidjson", "simplejson", "orjson"):
        try:
            library = importlib.import_module(name)
        except ImportError:
            print(f"{name:12} not installed")
            continue
        dumps = milliseconds("library.dumps(records)", library, text)
        loads = milliseconds("library.loads(text)", library, text)
        exact = keeps_big_integers(library)
        print(f"{name:12} dumps {dumps:.2f} ms  loads {loads:.2f} ms  exact {exact}")


if __name__ == "__main__":
    main()
