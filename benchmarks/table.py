"""How does a run compare with what we want to reach? As a table."""

import csv

#: Most CPU, against the hand-built application.
BATCHES = 0.7
OTHERS = 1.0
#: Most CPU of shareable resources, against those of a user.
SHAREABLE = 1.5

COLUMNS = (
    "Request", "Floor", "Hand-built", "Cliquet", "Ratio", "Target", "Shareable",
    "Ratio to user",
)  # fmt: skip


def rows(measured):
    """Tell each workload: CPU in ms, ratios."""
    for name, apps in measured.items():
        target = BATCHES if name.startswith("batch") else OTHERS
        floor = apps.get("floor")
        yield (
            name,
            f"{floor['cpu']:.2f}" if floor else "",
            f"{apps['hand-built']['cpu']:.2f}",
            f"{apps['cliquet']['cpu']:.2f}",
            _told(apps["cliquet"]["ratio"], target),
            f"{target:.1f}",
            f"{apps['shareable']['cpu']:.2f}",
            _told(apps["shareable"]["ratio"], SHAREABLE),
        )


def _told(ratio, most):
    return f"{ratio:.2f}" + ("" if round(ratio, 2) <= most else " (missed)")


def write_table(path, measured):
    """Write what the documentation includes."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows(measured))
