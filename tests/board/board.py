"""The emulated board: QEMU's virt machine, a hand on it (guest/agent.sh), and its front as files of gpio-sim."""
import base64, json, os, socket, subprocess, tempfile, time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
CACHE = os.path.join(ROOT, "artifacts/board")


class Board:
    """One power-on. `data` is the disk that outlives it; everything else is as new each time."""

    def __init__(self, app, data, log):
        self.folder = tempfile.mkdtemp(prefix="nauha-board-")
        hand, qmp = f"{self.folder}/hand", f"{self.folder}/qmp"
        disk = lambda name, file, more: ["-drive", f"file={file},if=none,id={name},format=raw{more}", "-device", f"virtio-blk-pci,drive={name}"]
        self.began = time.monotonic()
        self.qemu = subprocess.Popen([
            "qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a72", "-accel", "tcg", "-icount", "shift=0,sleep=off", "-rtc", "clock=vm", "-smp", "1", "-m", "1024",
            "-display", "none", "-nic", "none", "-no-reboot", "-serial", f"file:{log}", "-qmp", f"unix:{qmp},server=on,wait=off",
            "-kernel", f"{CACHE}/vmlinuz", "-initrd", f"{CACHE}/initrd.gz",
            "-append", "console=ttyAMA0 root=/dev/vda rw quiet systemd.show_status=0 mitigations=off panic=-1 nokaslr",
            *disk("root", f"{CACHE}/root.img", ",snapshot=on"), *disk("app", app, ",snapshot=on"), *disk("data", data, ",cache=unsafe"),
            "-device", "virtio-serial-pci", "-chardev", f"socket,id=hand,path={hand},server=on,wait=off", "-device", "virtserialport,chardev=hand,name=board",
            "-device", "i6300esb", "-device", "qemu-xhci,id=usb", "-device", "usb-kbd,bus=usb.0,port=1",
            "-audiodev", "none,id=silent", "-device", "usb-audio,id=adapter,audiodev=silent,bus=usb.0,port=2",
        ])
        self.hand, self.qmp = self._open(hand), self._open(qmp)
        self.qmp.readline()
        self._qmp("qmp_capabilities")
        self._line(120, expected="ready")
        self.boot_seconds = time.monotonic() - self.began

    def _open(self, path):
        for _ in range(600):
            if self.qemu.poll() is not None:
                raise RuntimeError(f"qemu ended with {self.qemu.returncode}")
            try:
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(path)
                return connection.makefile("rw", newline="\n")
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"no {path}")

    def _line(self, seconds, expected=None):
        # A timer that kills the machine is the only patience that a blocked read knows.
        import threading
        timer = threading.Timer(seconds, self.cut)
        timer.start()
        try:
            line = self.hand.readline().strip()
        finally:
            timer.cancel()
        if not line or (expected and line != expected):
            raise RuntimeError(f"the board does not answer ({line!r})")
        return line

    def _qmp(self, execute, **arguments):
        self.qmp.write(json.dumps({"execute": execute, "arguments": arguments}) + "\n")
        self.qmp.flush()
        while "return" not in (answer := json.loads(self.qmp.readline() or '{"return":null}')):
            if "error" in answer:
                raise RuntimeError(f"{execute}: {answer['error']}")

    def run(self, command, seconds=600):
        """A command of the board's shell: its exit code and what it said."""
        self.hand.write(base64.b64encode(command.encode()).decode() + "\n")
        self.hand.flush()
        code, _, said = self._line(seconds).partition(" ")
        return int(code), base64.b64decode(said).decode(errors="replace").strip()

    def say(self, command, seconds=600):
        code, said = self.run(command, seconds)
        if code != 0:
            raise RuntimeError(f"{command!r} ended with {code}: {said}")
        return said

    def json(self, command, seconds=600):
        """Exit code and the JSON object that a command of ours says; what stands on standard error is dropped."""
        code, said = self.run(command + " 2>/run/stderr", seconds)
        try:
            return code, json.loads(said)
        except ValueError:
            raise RuntimeError(f"{command!r} ended with {code}: {said} {self.run('cat /run/stderr')[1]}") from None

    def write(self, path, text):
        self.say(f"mkdir -p {os.path.dirname(path)}; echo {base64.b64encode(text.encode()).decode()} | base64 -d > {path}")

    def until(self, command, seconds=60):
        """Waits on the board until a command succeeds; False: it never did."""
        return self.run(f"for i in $(seq {int(seconds * 2)}); do if {command}; then exit 0; fi; sleep 0.5; done; exit 1", seconds * 10 + 60)[0] == 0

    def keys(self, text):
        for key in [*text, "ret"]:
            self._qmp("send-key", keys=[{"type": "qcode", "data": key}])

    def unplug(self):
        self._qmp("device_del", id="adapter")

    def plug(self):
        self._qmp("device_add", driver="usb-audio", id="adapter", audiodev="silent", bus="usb.0", port="2")

    def cut(self):
        """The power is cut: the process is gone before it knows."""
        if self.qemu.poll() is None:
            self.qemu.kill()
        self.qemu.wait()

    def wait(self, seconds):
        self.qemu.wait(seconds)
