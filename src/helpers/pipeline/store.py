"""The store of results: `root/<step>/<key>/` holds the files of one result, written whole or not at all and never replaced.

A result carries a digest of its files (`result.json`), which is checked when a process first opens it. It is made under a lock
that dies with its process. A study is a small file, `root/studies/<name>.json`, that names the keys of its results.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError, WorkError
from ..files import flush, lock, read_json, write_json

RECORD = "result.json"
STUDIES = "studies"
#: Files of the store's own: hashes of the files that results were made of, and a lock that runs hold and `prune` needs.
HASHES, IN_USE = "files.json", ".in-use"


def hash_of(value):
    """Hash of plain values, 20 hexadecimal digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:20]


class Store:
    """Results in a folder.

    Parameters
    ----------
    root : the folder; it is made when the first result is.
    say : function of a line, for what a person should know.
    """

    def __init__(self, root, say=lambda line: None):
        self.root, self.say = Path(root), say
        self._checked = {}

    def folder(self, step, key):
        """Where the result lies, or will lie."""
        return self.root / step / key

    def digest(self, step, key):
        """Digest of a result's files; None where there is none. One whose files were changed is set aside, and so is none."""
        folder = self.folder(step, key)
        if folder not in self._checked:
            if not (folder / RECORD).is_file():
                return None
            digest, changed = _verified(folder)
            if changed:
                aside = folder.with_name(f".{key}.damaged")
                shutil.rmtree(aside, ignore_errors=True)
                os.replace(folder, aside)
                self.say(f"{folder / changed}: is not what was written there, so the result is set aside as {aside.name} and "
                         "made again")
                return None
            self._checked[folder] = digest
        return self._checked[folder]

    def opened(self, step, key):
        """Folder of a result whose files are what was written.

        Raises
        ------
        WorkError
            When it is not there, or not as it was written.
        """
        if self.digest(step, key) is None:
            raise WorkError(f"{self.folder(step, key)}: this result is missing or damaged; run the same command again, which "
                            "makes it again")
        return self.folder(step, key)

    @contextmanager
    def making(self, step, key, made_of, resumes=False):
        """Yield the folder in which a result is to be written, which is the result once the block has succeeded.

        None is yielded where the result is there already, made by somebody else meanwhile. With `resumes`, the folder still
        holds what an attempt that died has left in it.
        """
        folder = self.folder(step, key)
        with lock(folder.with_name(f".{key}.lock"), lambda: self.say(f"Another run is making {folder}; waiting for it")):
            if self.digest(step, key) is not None:
                yield None
                return
            part = folder.with_name(f".{key}.part")
            if not resumes:
                shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True, exist_ok=True)
            yield part
            write_json(part / RECORD, _sealed({"step": step, "key": key, "made_of": made_of, **_files(part)}))
            for path in [*(path for path in part.rglob("*")), part]:
                flush(path)
            os.replace(part, folder)
            flush(folder.parent)
            self._checked[folder] = read_json(folder / RECORD)["digest"]

    def file_hashes(self, paths):
        """SHA-256 of each file, remembered by its size and time of change."""
        memory = self.root / HASHES
        known, found = _read_or(memory, {}), {}
        for path in map(str, paths):
            state = os.stat(path)
            entry = known.get(path)
            if entry is None or entry[:2] != [state.st_size, state.st_mtime_ns]:
                entry = [state.st_size, state.st_mtime_ns, _sha256(path)]
            found[path] = entry
        if any(known.get(path) != entry for path, entry in found.items()):
            write_json(memory, {**known, **found})
        return {path: entry[2] for path, entry in found.items()}

    # --------------------------------------------------------------- studies

    def study(self, name):
        """What the study's file says, or None where there is none.

        Raises
        ------
        InputError
            When the file is not what was written.
        """
        path = self.root / STUDIES / f"{name}.json"
        if not path.is_file():
            return None
        content = _read_or(path, {})
        if not _is_sealed(content):
            raise InputError(f"{path}: is not what was written there; remove it and run that study again, which finds its results")
        return content

    def study_or_none(self, name):
        """The same; None also where the file is not what was written."""
        content = _read_or(self.root / STUDIES / f"{name}.json", None)
        return content if _is_sealed(content) else None

    def studies(self):
        """Names of the studies, in order."""
        return sorted(path.stem for path in (self.root / STUDIES).glob("[!.]*.json"))  # no half-written file of a killed run

    def keep_study(self, name, content):
        """Write a study's file, unless it says so already."""
        path, content = self.root / STUDIES / f"{name}.json", _sealed(content)
        if _read_or(path, None) != content:
            write_json(path, content)

    def forget_study(self, name):
        """Remove a study's file, so that what only it names can be freed."""
        (self.root / STUDIES / f"{name}.json").unlink()

    # ----------------------------------------------------------------- prune

    @contextmanager
    def in_use(self, alone=False):
        """Hold the store within the block: runs beside each other, `prune` alone.

        Raises
        ------
        InputError
            When `alone` is asked for while a run holds it.
        """
        import fcntl

        self.root.mkdir(parents=True, exist_ok=True)
        with open(self.root / IN_USE, "a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
            except BlockingIOError:
                raise InputError(f"{self.root}: a run is making results there; prune when it has ended") from None
            yield

    def unnamed(self, steps, forget=()):
        """Folders of the given steps that no study but those to `forget` names, with their sizes in bytes: results of other
        settings or other code, what killed runs have left and what was found damaged.
        """
        named = {(step, key) for name in self.studies() if name not in forget
                 for step, keys in self.study(name)["results"].items() for key in keys.values()}
        for step in steps:
            for path in sorted((self.root / step).glob("*")) if (self.root / step).is_dir() else ():
                if (step, path.name) not in named and path.suffix != ".lock":
                    yield path, sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def prune(store, steps, forget=(), free=False):
    """Say on stdout what no study names, step by step, with its size, and free it if `free`.

    Parameters
    ----------
    store : the `Store`; steps : names of the steps whose results are looked at; forget : studies whose file goes as well.

    Raises
    ------
    InputError
        While a run is making results, for a study that there is not, or where a study's file cannot be read.
    """
    if not store.root.is_dir():
        raise InputError(f"{store.root}: no such folder; give a store of results by --artifacts")
    with store.in_use(alone=True):
        if unknown := [name for name in forget if name not in store.studies()]:
            raise InputError(f"--forget {unknown[0]}: no such study in {store.root}; there are "
                             f"{', '.join(store.studies()) or 'none'}")
        unnamed, total = {}, 0
        for path, size in store.unnamed(steps, forget):
            unnamed.setdefault(path.parent.name, []).append((path, size))
            total += size
        for step, results in unnamed.items():
            print(f"{step}: {len(results):,} results of no study, {sum(size for _, size in results) / 1e6:,.1f} MB")
        kept = [name for name in store.studies() if name not in forget]
        print(f"Studies that stay: {', '.join(kept) or 'none'}")
        if not free:
            print(f"{total / 1e6:,.1f} MB would be freed; nothing was. Add --yes to free it.")
            return
        for name in forget:
            store.forget_study(name)
        for path in (path for results in unnamed.values() for path, _ in results):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        print(f"{total / 1e6:,.1f} MB freed.")


def _sealed(content):
    """A dict with a hash of itself, by which a changed byte shows; what was read back from JSON has the same."""
    content = json.loads(json.dumps({name: value for name, value in content.items() if name != "seal"}, default=str))
    return {**content, "seal": hash_of(content)}


def _is_sealed(content):
    return isinstance(content, dict) and content == _sealed(content)


def _read_or(path, otherwise):
    """The content of a JSON file; `otherwise` where there is none that can be read."""
    try:
        return read_json(path)
    except (OSError, ValueError):
        return otherwise


def _files(folder):
    """{"files": name → SHA-256, "digest": of all of them} of the files in a folder, the record left out."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != RECORD)
    hashes = {name: _sha256(folder / name) for name in names}
    return {"files": hashes, "digest": hash_of(hashes)}


def _verified(folder):
    """(digest, name of the first file that is not what was written, or None)."""
    record, found = _read_or(folder / RECORD, {}), _files(folder)
    if not _is_sealed(record) or record["key"] != folder.name:
        return None, RECORD
    names = sorted({*record["files"], *found["files"]})
    changed = [name for name in names if record["files"].get(name) != found["files"].get(name)]
    return found["digest"], changed[0] if changed else None


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
