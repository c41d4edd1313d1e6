"""Publishing: a built book goes in; it is pushed to the branch gh-pages of a git remote, from where web servers show it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ... import files
from ...pipeline import stamps
from ...errors import InputError, WorkError
from .book import sources

BRANCH = "gh-pages"


def publish(book, repository, remote="origin"):
    """Push the folder `book` as the content of BRANCH, with the file .nojekyll that keeps folders such as _static.

    Parameters
    ----------
    book : folder of html, as `book.build` leaves it.
    repository : folder of the git repository.
    remote : name of its remote.

    Raises
    ------
    InputError
        When there is no built book, it was built by other sources than these, or git does not know the remote or who
        commits.
    WorkError
        With git's own words when the push fails.
    """
    book = Path(book)
    if not (book / "index.html").is_file() or not (book / stamps.STAMP).is_file():
        raise InputError(f"{book}: there is no built book; build it by make book")
    if files.read_json(book / stamps.STAMP).get("sources") != sources():
        raise InputError(f"{book}: built by other sources than those that lie here now; build it again by make book")
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
        said = [line for line in done.stderr.splitlines() if line.startswith(("fatal:", "error:", " !"))]
        raise WorkError(f"git could not push to {remote}: {'; '.join(said) or done.stderr.strip()[-300:]}")
    print(f"The book is on the branch {BRANCH} of {remote}", file=sys.stderr)


def _git(repository, *words):
    return subprocess.run(["git", *words], cwd=repository, capture_output=True, text=True)
