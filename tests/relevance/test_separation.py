"""The project's own engine runs without iNNvestigate's side: an edit there computes none of its shares anew."""

import subprocess
import sys


def test_nothing_that_the_own_engine_loads_is_the_reference():
    code = ("import sys\nfrom helpers.relevance import details, engine, explainer, shares\n"
            "print(*(name for name in sys.modules if name.startswith('helpers.relevance.')))")
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "helpers.relevance.trace" in loaded and "helpers.relevance.reference" not in loaded
