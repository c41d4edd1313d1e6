"""The 44 Sleep-EDF telemetry nights: a folder comes in and holds their 88 files afterwards, each verified.

MNE's fetcher returns the placebo nights only and trusts files that are already there; the medication regression
needs both nights of each subject, whole.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas

from ..errors import WorkError

TABLE = Path(__file__).with_name("sleep_telemetry_recordings.csv")
PHYSIONET = "https://physionet.org/files/sleep-edfx/1.0.0/sleep-telemetry/"
CHUNK = 1 << 18
PATIENCE_S = 30
TRIES = 3


def recordings():
    """Table of the 44 nights: psg, hypnogram, subject, age, sex, medication, lights_off, sizes, SHA-256, seconds.

    From Sleep-EDF Expanded 1.0.0 (ODC-BY 1.0): Kemp et al. 2000, doi 10.1109/10.867928; Goldberger et al. 2000.
    """
    return pandas.read_csv(TABLE)


def fetch(folder, base_url=PHYSIONET, progress=True, table=None):
    """Download what is missing of the telemetry nights into `folder`; verify every file by its SHA-256.

    A file already there is hashed, and fetched again when it is wrong. A download that broke off goes on where it
    stopped, from a hidden file; under its final name a file is whole and verified.

    Raises
    ------
    WorkError
        When the server cannot be reached, refuses, or sends other bytes than the table says.
    OSError
        When the disk is full.
    """
    import pooch
    from tqdm import tqdm

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pooch.get_logger().setLevel("ERROR")
    listed = recordings() if table is None else table
    files = [(row[kind], row[f"{kind}_bytes"], row[f"{kind}_sha256"])
             for _, row in listed.iterrows() for kind in ("psg", "hypnogram")]
    with tqdm(total=sum(size for _, size, _ in files), unit="B", unit_scale=True, desc="Telemetry nights",
              disable=not progress) as bar:
        for name, size, sha256 in files:
            bar.set_postfix_str(name, refresh=False)
            before = bar.n
            if not _whole(folder / name, size, sha256):
                if (folder / name).exists():
                    bar.write(f"{name}: not the file that PhysioNet has; fetched again")
                _retrieve(pooch, base_url, folder, name, sha256, bar)
            bar.update(before + size - bar.n)
    return folder


def _whole(path, size, sha256):
    import pooch

    return path.is_file() and path.stat().st_size == size and pooch.file_hash(str(path)) == sha256


def _retrieve(pooch, base_url, folder, name, sha256, bar):
    import requests

    partial = folder / f".{name}.part"

    def download(url, output_file, _):
        _resume(url, partial, bar)
        os.replace(partial, output_file)

    for attempt in range(1, TRIES + 1):
        try:
            pooch.retrieve(base_url + name, f"sha256:{sha256}", fname=name, path=folder, downloader=download)
            return
        except ValueError as error:  # the hash: a resumed download may have been of another file
            reason, cause = "what arrived has another SHA-256 than PhysioNet's table says", error
        except requests.RequestException as error:
            reason, cause = f"{base_url} could not be read ({type(error).__name__})", error
    raise WorkError(f"{name}: {reason}, {TRIES} times; what is there is kept, the same command goes on") from cause


def _resume(url, partial, bar):
    """Add to `partial` what is missing of `url`; from its start where the server does not serve ranges."""
    import requests

    have = partial.stat().st_size if partial.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with requests.get(url, headers=headers, stream=True, timeout=PATIENCE_S) as response:
        if response.status_code == 416:  # what is there is as long as the file or longer: let the hash decide
            return
        response.raise_for_status()
        resumed = response.status_code == 206
        bar.update(have if resumed else 0)
        with open(partial, "ab" if resumed else "wb") as file:
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
        expected = response.headers.get("Content-Length")
        if expected and partial.stat().st_size != int(expected) + (have if resumed else 0):
            raise requests.ConnectionError(f"{url}: the connection ended early")
