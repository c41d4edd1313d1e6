"""Ten hours are read and cut in little memory and time: each way in another process, measured from inside."""

import json
import subprocess
import sys
from pathlib import Path

import edfio
import numpy
import pytest
from small_nights import START, noise, write_hypnogram, write_psg

HOURS = 10
SECONDS = HOURS * 3600
MEASURE = """
import json, pathlib, sys, time
import mne, pandas
psg, hypnogram, names, marker, folder = json.loads(sys.argv[1])
start = time.perf_counter()
{work}
seconds = time.perf_counter() - start
peak = [line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")][0]
print(json.dumps([seconds, int(peak.split()[1]) / 1024]))
"""
MNE = "raw = mne.io.read_raw_edf(psg, preload=True, verbose='error')"
OURS = """
from helpers.data.cohort import Cohort
from helpers.data.epochs import make_epochs
table = pandas.DataFrame({"recording": ["night"], "subject": ["01"], "psg": [psg], "hypnogram": [hypnogram]})
make_epochs(Cohort("test", table, {"EEG": names}, (), marker, False), "night", folder)
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")


def _measured(work, folder, names, marker=None):
    """(seconds, peak resident MB) of a fresh process that does this to the files in `folder`."""
    told = [str(folder / "psg.edf"), str(folder / "hypnogram.edf"), names, marker, str(folder / "night")]
    done = subprocess.run([sys.executable, "-c", MEASURE.format(work=work), json.dumps(told)], capture_output=True,
                          text=True, check=True)
    return json.loads(done.stdout)


def test_a_telemetry_night_takes_less_time_and_memory_than_mne_takes_to_read_it(tmp_path):
    names = ("EEG Fpz-Cz", "EEG Pz-Oz", "EOG horizontal", "EMG submental")
    marker = numpy.ones(SECONDS * 10)
    marker[5000:5100] = -31
    write_psg(tmp_path / "psg.edf", {name: noise(SECONDS, seed) for seed, name in enumerate(names)}, marker)
    write_hypnogram(tmp_path / "hypnogram.edf", [(0, SECONDS, "Sleep stage 2")])
    ours = _measured(OURS, tmp_path, [names[0], *names[2:]], "Marker")
    assert len(numpy.load(tmp_path / "night" / "signals.npy", mmap_mode="r")) == SECONDS // 30 - 1
    mne = _measured(MNE, tmp_path, [])
    assert ours[0] < mne[0] and ours[1] < mne[1]


def test_a_night_at_512_hz_stays_under_1_gb(tmp_path):
    hour = numpy.rint(noise(3600, rate=512) * 8).astype("int16")
    signals = [edfio.EdfSignal.from_digital(numpy.tile(hour, HOURS), 512, label=name, physical_dimension="uV",
                                            physical_range=(-256, 255.875), digital_range=(-2048, 2047))
               for name in ("C4", "E1", "Chin")]
    edfio.Edf(signals, recording=edfio.Recording(startdate=START.date()), starttime=START.time(),
              annotations=[edfio.EdfAnnotation(0, None, "Lights off")]).write(tmp_path / "psg.edf")
    write_hypnogram(tmp_path / "hypnogram.edf", [(0, SECONDS, "N2")])
    _, peak = _measured(OURS, tmp_path, ["C4", "E1", "Chin"])
    assert peak < 1000
    assert numpy.load(tmp_path / "night" / "signals.npy", mmap_mode="r").shape == (SECONDS // 30, 3000, 3)
