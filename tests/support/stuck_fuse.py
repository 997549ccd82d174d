"""A program on a file system that stops answering: `stuck_fuse.py FOLDER FILE [ARGUMENT...]`.

FOLDER becomes a FUSE file system in a mount namespace of its own, whose one file `python` has the contents of FILE,
and this process executes it. The file system's server, a child, says `server PID` on standard output. After SIGUSR1 it
takes requests and answers none, so that whoever asks waits where no signal reaches him; its end ends that.
The protocol is that of Linux' include/uapi/linux/fuse.h, version 7.31; of it only what a reader of the file needs.
"""
import ctypes
import os
import signal
import stat
import struct
import sys

CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT, OPENDIR, RELEASEDIR, INTERRUPT, DESTROY, \
    BATCH_FORGET = 1, 2, 3, 14, 15, 17, 18, 25, 26, 27, 29, 36, 38, 42
UNANSWERED = (FORGET, INTERRUPT, BATCH_FORGET)
ENOENT, ENOSYS = 2, 38
ROOT, FILE = 1, 2  # numbers of nodes
KEEP_CACHE = 2  # what was read stays readable without the server
READ_SIZE = 1 << 20  # more than the kernel writes at once

libc = ctypes.CDLL(None, use_errno=True)


def checked(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what + ": " + os.strerror(ctypes.get_errno()))


def mount(folder):
    """The descriptor by which the kernel asks."""
    device = os.open("/dev/fuse", os.O_RDWR)
    checked(libc.unshare(CLONE_NEWNS), "unshare")
    checked(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount --make-rprivate /")
    options = "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other,default_permissions" % device
    checked(libc.mount(b"stuck", folder.encode(), b"fuse", 0, options.encode()), "mount -t fuse")
    return device


class Server:
    def __init__(self, device, path):
        self.device, self.stuck = device, False
        with open(path, "rb") as file:
            self.contents = file.read()
        signal.signal(signal.SIGUSR1, self._stop_answering)

    def _stop_answering(self, *_):
        self.stuck = True

    def attributes(self, node):
        """struct fuse_attr"""
        mode, size = (stat.S_IFDIR | 0o755, 0) if node == ROOT else (stat.S_IFREG | 0o755, len(self.contents))
        return struct.pack("<6Q10I", node, size, (size + 511) // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def answer(self, opcode, node, data):
        """(error, bytes). Nothing that the kernel learns is valid for any time: it has to ask again."""
        if opcode == INIT:
            readahead = struct.unpack_from("<3I", data)[2]
            return 0, struct.pack("<4I2H2I2H8I", 7, 31, readahead, 0, 16, 12, 4096, 1, 0, 0, *[0] * 8)
        if opcode == LOOKUP:
            found = node == ROOT and data.rstrip(b"\0") == b"python"
            return (0, struct.pack("<4Q2I", FILE, 0, 0, 0, 0, 0) + self.attributes(FILE)) if found else (ENOENT, b"")
        if opcode == GETATTR:
            return 0, struct.pack("<Q2I", 0, 0, 0) + self.attributes(node)
        if opcode in (OPEN, OPENDIR):
            return 0, struct.pack("<Q2I", 0, KEEP_CACHE, 0)
        if opcode == READ:
            _, offset, size = struct.unpack_from("<2QI", data)
            return 0, self.contents[offset:offset + size]
        if opcode == STATFS:
            return 0, struct.pack("<5Q4I24x", 0, 0, 0, 0, 0, 4096, 255, 4096, 0)
        return (0, b"") if opcode in (RELEASE, RELEASEDIR, FLUSH) else (ENOSYS, b"")

    def serve(self):
        while True:
            request = os.read(self.device, READ_SIZE)
            _, opcode, unique, node = struct.unpack_from("<2I2Q", request)
            if opcode == DESTROY:
                return
            if self.stuck or opcode in UNANSWERED:
                continue
            error, data = self.answer(opcode, node, request[40:])
            os.write(self.device, struct.pack("<IiQ", 16 + len(data), -error, unique) + data)


def main(folder, path, *arguments):
    device = mount(folder)
    pid = os.fork()
    if pid == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        Server(device, path).serve()
        os._exit(0)
    os.close(device)
    os.write(1, b"server %d\n" % pid)
    program = os.path.join(folder, "python")
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
