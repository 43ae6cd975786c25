"""What do we want to reach? The most of each."""

SECONDS_TO_START = 0.5
MIB_TO_SERVE = 70
#: CPU of shareable resources, against those of a user.
SHAREABLE = 1.5


def of_cost(workload):
    """Return the most CPU of a request, against the hand-built application."""
    return 0.7 if workload.startswith("batch") else 1.0


def of_growth(workload):
    """Return how much slower a request may be with a million records than with 1,000."""
    # By an index: the exact total still counts what the filter finds.
    return 2.0 if workload == "list, filtered" else 1.3


def told(value, most, form="{:.2f}"):
    """Return a figure as text, and whether it is too high once rounded."""
    text = form.format(value)
    missed = most is not None and float(text.split()[0]) > most
    return f"{text} (missed)" if missed else text
