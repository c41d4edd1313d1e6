"""Publishing: a built book is pushed to the branch gh-pages of a git remote, from where web servers show it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ... import files
from ...errors import InputError, WorkError
from ...pipeline import stamps
from ..browsing.browser_files import FOLDER
from .book import sources

BRANCH = "gh-pages"
#: So many recordings are named in the line, the others counted.
NAMED = 6


def publish(book, repository, remote="origin", own_nights=False):
    """Push the folder `book` as the content of BRANCH, with the file .nojekyll that keeps folders such as _static.

    Parameters
    ----------
    book : folder of html, as `book.build` leaves it.
    repository : folder of the git repository.
    remote : name of its remote.
    own_nights : whether a book of a reader's own nights may become public.

    Raises
    ------
    InputError
        When there is no built book, it was built by other sources than these, it shows a reader's own nights and that was not
        agreed to, or git does not know the remote or who commits.
    WorkError
        With what git says when the push fails.
    """
    book = Path(book)
    if not (book / "index.html").is_file() or not (book / stamps.STAMP).is_file():
        raise InputError(f"{book}: there is no built book; build it by make book")
    stamp = files.read_json(book / stamps.STAMP)
    if stamp.get("sources") != sources() or "own_nights" not in stamp:
        raise InputError(f"{book}: built by other sources than those that lie here now; build it again by make book")
    if stamp["own_nights"] is not None:
        public = becomes_public(book, stamp["own_nights"])
        if not own_nights:
            raise InputError(f"{book}: {public}; if that is meant, publish by python -m helpers publish --own-nights, or by "
                             "make publish OWN_NIGHTS=1")
        print(f"{book}: {public}", file=sys.stderr)
    if _git(repository, "remote", "get-url", remote).returncode:
        raise InputError(f"{repository}: no git remote {remote}; name yours by git remote add {remote} ADDRESS")
    if _git(repository, "var", "GIT_COMMITTER_IDENT").returncode:
        raise InputError("git does not know who commits; say so by git config user.name NAME and git config user.email ADDRESS")
    # What others published meanwhile is gone on from; the first time there is nothing.
    _git(repository, "fetch", "--quiet", remote, f"+{BRANCH}:refs/remotes/{remote}/{BRANCH}")
    command = [sys.executable, "-m", "ghp_import", "--no-jekyll", "--push", "--remote", remote, "--branch", BRANCH,
               "--message", "Publish the book", str(book.resolve())]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith(("fatal:", "error:", " !"))]
        raise WorkError(f"git could not push to {remote}: {'; '.join(errors) or done.stderr.strip()[-300:]}")
    print(f"The book is on the branch {BRANCH} of {remote}", file=sys.stderr)


def becomes_public(book, own_nights):
    """What everybody can see once a book of a reader's own nights is published, in one line.

    own_nights : as of `book.Edition`.
    """
    names, covariates = own_nights["recordings"], own_nights["covariates"]
    named = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    epochs = sum(1 for _ in (book / FOLDER / "epoch").rglob("*.js"))
    known = f"their covariates ({', '.join(covariates)})" if covariates else "no covariates"
    return (f"your own nights become public: {len(names)} recordings by name ({named}) of {own_nights['subjects']} subjects, "
            f"{known}, the stages and signals of whole nights and the signals of {epochs} epochs in detail")


def _git(repository, *words):
    return subprocess.run(["git", *words], cwd=repository, capture_output=True, text=True)
