"""Print what each check says of the mutant that breaks its clause.

``python -m tests.conformance.show [PRE …]``: all clauses, or those of some chapters.
"""

import logging
import sys

from cliquet.conformance.clauses import all_clauses
from cliquet.conformance.runner import run_clause
from tests.conformance.mutants.table import MUTANTS
from tests.conformance.profiles import broken_server, profile_for


def main():
    logging.disable()
    chapters = sys.argv[1:]
    for clause in all_clauses():
        if clause.chapter in chapters or not chapters:
            profile = profile_for(clause)
            server = broken_server(profile, MUTANTS[clause.id])
            outcome = run_clause(clause, server)
            print(f"{clause.id:10} {profile:9} {outcome.verdict:7} {outcome.message}")


if __name__ == "__main__":
    main()
