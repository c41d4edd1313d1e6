"""A kernel whose own lines do not reach the terminal: what libraries write past Python, and what it says at its end."""

from subprocess import DEVNULL

from jupyter_client import AsyncKernelManager


class SilentKernel(AsyncKernelManager):
    """Started by nbclient in place of its own."""

    async def start_kernel(self, **options):
        return await super().start_kernel(**options, stdout=DEVNULL, stderr=DEVNULL)
