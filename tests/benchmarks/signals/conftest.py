"""Load what intervals need before any test is timed: it takes longer than the tests."""

import scipy.stats  # noqa: F401 - see above
