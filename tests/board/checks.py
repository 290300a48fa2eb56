#!/usr/bin/env python3
"""What must hold on the emulated board: a line a check, with what was measured. Called by run.sh."""
import argparse, json, sys, time, traceback
from board import Board, CACHE

CHIP, BUTTON, HOOK, RING, RELAY, ALIVE = "pinctrl-bcm2711", 7, 9, 8, 22, 27    # boards.json, pi-4
LEDS = [5, 6, 13, 16, 17, 4, 14, 15]                                           # blue and amber of each
DATA = "/var/lib/nauha/recorder"
KEYBOARD = "/dev/input/by-id/usb-QEMU_QEMU_USB_Keyboard"
counts = {True: 0, False: 0}


def check(what, good, measured=""):
    counts[bool(good)] += 1
    print(f"{'ok' if good else 'not ok'} {sum(counts.values())} {what}{f': {measured}' if measured != '' else ''}", flush=True)
    return good


def fact(what):
    print(f"     {what} (an emulated board)", flush=True)


class Box:
    """One power-on of the board, set up as a technician leaves it: Pi 4's pins, one line on a sound card, its hook a contact."""

    def __init__(self, disks, log):
        self.board = Board(disks.app, disks.data, log)
        self.say(f"/board/gpio.sh {CHIP} 54; modprobe snd-aloop; until [ -e /proc/asound/Loopback ]; do sleep 0.1; done")
        self.say(f"systemd-run -q --unit=pair /board/pair.py /run/{CHIP}/sim_gpio{RELAY}/value; until [ -p /run/pair/do ]; do sleep 0.1; done")
        keyboard = self.say(f"ls {KEYBOARD}*-event-kbd")
        sound = {"device": "hw:Loopback,0"} | ({"injectionDbvAtFullScale": 6.5} if disks.only else {})     # else as calibration() stores it
        self.settings = {"data": DATA, "board": {"profile": "pi-4"}, "readers": {"desk": {"device": keyboard}},
                         "lines": {"1": {"source": "alsa", "profile": "ata", "agent": "desk-1", "hook": {"source": "contact"}, "sound": sound}}}
        self.configure()

    def configure(self, **sound):
        self.settings["lines"]["1"]["sound"].update(sound)
        self.board.write("/etc/nauha/recorder.json", json.dumps(self.settings))

    def say(self, command, seconds=600):
        return self.board.say(command, seconds)

    def pull(self, line, up):
        self.say(f"echo pull-{'up' if up else 'down'} > /run/{CHIP}/sim_gpio{line}/pull")

    def value(self, line):
        return self.say(f"cat /run/{CHIP}/sim_gpio{line}/value")

    def pair(self, order):
        self.say(f"echo '{order}' > /run/pair/do")

    def status(self):
        return json.loads(self.say(f"cat {DATA}/run/status.json"))

    def line(self):
        return self.status()["lines"][0]

    def reaches(self, what, seconds=30):
        """Waits until the line's state, or any other text, stands in the status."""
        return self.board.until(f"grep -q '{what}' {DATA}/run/status.json", seconds)

    def start(self):
        """Through the unit; seconds from start to ready as systemd saw them."""
        self.say("systemctl start nauha-recorder")
        began, ready = (int(value) for value in self.say("systemctl show nauha-recorder --value -p ExecMainStartTimestampMonotonic -p ActiveEnterTimestampMonotonic").split())
        self.reaches('"line":1')
        return (ready - began) / 1e6

    def ring(self, seconds=1):
        self.say(f"/board/pins.py {CHIP} ring {RING} {seconds} 25")

    def answered_call(self):
        """Rung and lifted, in one breath: between two commands the board's clock may jump, and a ring be over. True: it records."""
        self.say(f"/board/pins.py {CHIP} ring {RING} 1 25; sleep 1; echo pull-down > /run/{CHIP}/sim_gpio{HOOK}/pull")
        return self.reaches('"state":"Recording"', 30)

    def calls(self):
        return self.board.json("nauha-recorder vault list --json")[1]["calls"]

    def log(self, lines=200):
        return self.say(f"journalctl -u nauha-recorder -n {lines} -o cat --no-pager")


def gpio(box):
    chips = box.say("gpiodetect")
    check("libgpiod has more than one chip, and ours is not the first", chips.index("pl061") < chips.index(CHIP), chips.replace("\n", ", "))
    # Another chip under another label, and pins as a configuration would name them.
    box.say("/board/gpio.sh somebodys-board 8")
    pins = {"led1Blue": 0, "led1Amber": 1, "led2Blue": 2, "led2Amber": 3, "alive": 4, "button": 5}
    sets = " ".join(f"--set board:pins:{name}={line}" for name, line in pins.items())
    seen = json.loads(box.say(f"/board/pins.py somebodys-board watch 6 0 1 2 3 > /run/seen & sleep 1; nauha-recorder leds stopped --set board:profile=generic --set board:chip=somebodys-board {sets}; wait; cat /run/seen"))
    check("a generic board's chip is found by its label and its pins are driven", seen["1"]["changes"] > 0 and seen["0"]["changes"] == 0, f"LED 1 amber changed {seen['1']['changes']} times")
    fact(f"a line that its program has released reads {box.say('cat /run/somebodys-board/sim_gpio1/value')}: gpio-sim makes an input of it")
    code, said = box.board.run("nauha-recorder leds stopped --set board:chip=no-such-chip")
    check("a chip that is not there is named", "no-such-chip" in said or "no LEDs" in said, f"exit {code}, {said}")


def sound(box):
    _, devices = box.board.json("nauha-recorder devices --json")
    line, usb = devices["lines"][0], next(card for card in devices["cards"] if card["usbId"])
    check("a line's device opens on a real card: 8 kHz, 16 bit, one channel, nothing converted", (line["rateHz"], line["channels"], line["format"], line["playbackRateHz"]) == (8000, 1, "S16", 8000), line)
    check("a USB adapter is shown by its socket, with its mixer", usb["usbPath"] and usb["controls"] and not usb["captures"], {key: usb[key] for key in ("usbPath", "usbId", "controls")})
    box.pair("tone 425 -10 30")
    _, said = box.board.run("nauha-recorder level --line 1 --seconds 4 --json")
    box.pair("hush")
    looks = [json.loads(look) for look in said.splitlines()]
    check("what is played at the other end is heard at its level", len(looks) > 10 and all(abs(look["rmsDbv"] + 10) <= 0.3 for look in looks[2:]), f"{looks[-1]['rmsDbv']} dBV of -10 in {len(looks)} looks")
    check("and nothing of it is lost", all(look["lostSamples"] == 0 and not look["clipped"] for look in looks))
    return usb


def calibration(box):
    lift = f"(sleep 4; echo pull-down > /run/{CHIP}/sim_gpio{HOOK}/pull) & "
    code, first = box.board.json(lift + "nauha-recorder listen-test --line 1 --json")
    check("listen-test: what comes back is recognised, and too loud for a device that was never calibrated", code == 1 and first["played"] and not first["level"], f"score {first['score']}, {first['levelDbv']} dBV of {first['expectedDbv']}")
    box.pull(HOOK, up=True)
    code, second = box.board.json(lift + "nauha-recorder listen-test --line 1 --calibrate --json")
    check("listen-test --calibrate: measured, said again, proven, stored", code == 0 and second["proven"] and abs(second["storedDbv"] - 6.5) <= 0.3, f"a full scale reaches {second['storedDbv']} dBV of 6.5, then {second['levelDbv']} dBV of {second['expectedDbv']}")
    box.pull(HOOK, up=True)


def selftest(box):
    act = (f"(sleep 3; /board/pins.py {CHIP} ring {RING} 1 25; sleep 4; echo tone 425 -15 12 > /run/pair/do; echo pull-down > /run/{CHIP}/sim_gpio{HOOK}/pull;"
           f" sleep 12; echo pull-up > /run/{CHIP}/sim_gpio{HOOK}/pull) >/dev/null 2>&1 & ")
    # What calibration measured is believed here through the configuration.
    code, said = box.board.json(act + "nauha-recorder selftest --json --language en --wait 25 --set lines:1:sound:injectionDbvAtFullScale=6.5")
    found = {item["key"]: item for item in said["checks"]}
    of = lambda key: f"{found[key]['finding']} {found[key]['measured']}" if key in found else "missing"
    good = lambda key, finding: key in found and found[key]["verdict"] == "pass" and (finding is None or found[key]["finding"] == finding)
    check("selftest: hook seen by the contact", good("hook", None), of("hook"))
    check("selftest: ring seen by its pulses", good("ring", "ring-seen"), of("ring"))
    check("selftest: audio loop through the pair, and none with the relay held open", good("loop", "loop-good"), of("loop"))
    check("selftest: levels at rest", good("levels", None), of("levels"))
    check("selftest: battery clock of the kernel", good("clock", None), of("clock"))
    fact(f"selftest, storage: {of('storage')}")
    check("selftest: the kernel's watchdog is there and not armed", found["watchdog"]["verdict"] == "fail", of("watchdog"))
    check("selftest: no central is in reach, and that is said", found["broker"]["verdict"] == "fail" and code == 1, of("broker"))


def front(box):
    took = box.start()
    fact(f"start to READY=1: {took:.1f} s")
    check("systemd takes READY=1 and is fed", box.say("systemctl is-active nauha-recorder") == "active" and fed(box), "WATCHDOG=1 came twice within 10 s")
    pins = json.loads(box.say(f"/board/pins.py {CHIP} watch 9 {' '.join(map(str, LEDS))} {ALIVE}"))
    check("alive is turned each half second", 16 <= pins[str(ALIVE)]["changes"] <= 20, f"{pins[str(ALIVE)]['changes']} times in 9 s")
    failed, third, wink = (pins[str(LEDS[led])] for led in (1, 5, 6))
    check("LED 1, amber, keeps saying that the self-test found something: four blinks, a pause", 16 <= failed["changes"] <= 24 and pins[str(LEDS[0])]["high"] == 0, failed)
    check("LED 3, amber, once in two seconds: no network", 6 <= third["changes"] <= 10 and pins[str(LEDS[4])]["high"] == 0, third)
    check("LED 4 winks blue, 0.1 s in 4: storage is good", 4 <= wink["changes"] <= 6 and 0.01 <= wink["high"] <= 0.05 and pins[str(LEDS[7])]["high"] == 0, wink)
    press = f"echo pull-down > /run/{CHIP}/sim_gpio{BUTTON}/pull; sleep 0.3; echo pull-up > /run/{CHIP}/sim_gpio{BUTTON}/pull"
    lamps = json.loads(box.say(f"/board/pins.py {CHIP} watch 6 {' '.join(map(str, LEDS))} > /run/seen & sleep 2; {press}; wait; cat /run/seen"))
    check("the button, pressed for 0.3 s: all eight dice lit for two seconds", 1800 <= lamps["together"] <= 2200, f"{lamps['together']} ms")
    check("the pull-up that a contact needs was asked of the kernel", "pull-up" == box.say(f"cat /run/{CHIP}/sim_gpio{BUTTON}/pull"))
    box.board.keys("4711")
    check("a badge typed on a USB keyboard is taken", box.board.until("journalctl -u nauha-recorder -o cat --no-pager | grep -q 'Reader desk: a badge was shown'", 15))


def fed(box):
    at = lambda: int(box.say("systemctl show nauha-recorder --value -p WatchdogTimestampMonotonic"))
    first = at()
    box.say("sleep 5")
    second = at()
    box.say("sleep 5")
    return first < second < at()


def call(box):
    box.start()
    seen = box.say(f": > /run/pair/heard.raw; wc -l < /run/pair/trace; /board/pins.py {CHIP} ring {RING} 1 25; sleep 1.2; grep -o '\"state\":\"Ringing\"' {DATA}/run/status.json;"
                   f" cat /run/{CHIP}/sim_gpio{RELAY}/value; echo pull-down > /run/{CHIP}/sim_gpio{HOOK}/pull").split()
    rows = int(seen[0])
    check("a ring's pulses are a ring, and the relay is open while it rings", seen[1:] == ['"state":"Ringing"', "0"], " ".join(seen[1:]))
    recording = box.reaches('"state":"Recording"', 30)
    judged = [line for line in box.log().splitlines() if "announcement judged" in line][-1:]
    check("lifted: the announcement is said, comes back over the pair and is proven; then it records", recording, (judged or ["never judged"])[0].split("judged, ")[-1])
    now = json.loads(box.say(f"echo say /var/lib/nauha/en.wav > /run/pair/do; sleep 2.5; cat {DATA}/run/status.json"))["lines"][0]
    check("the other end's voice is heard and sealed", now["recordedSeconds"] > 1 and now["sealedBytes"] > 1000 and now["sound"]["rmsDbv"] > -40, f"{now['recordedSeconds']} s, {now['sealedBytes']} bytes, {now['sound']['rmsDbv']} dBV")
    box.pull(HOOK, up=True)
    box.reaches('"state":"Idle"', 10)
    first = box.calls()[-1]
    check("hung up: recorded, under its number", (first["outcome"], first["callNumber"], first["here"]) == ("recorded", 1, True) and first["bytes"] > 2000, first)
    for name in ("fi", "sv"):
        alike = json.loads(box.say(f"/board/alike.py /run/pair/heard.raw /var/lib/nauha/{name}.wav 0.25"))
        check(f"what the other end heard is the announcement ({name})", alike["factor"] > 0.1 and alike["rest"] < 0.05, alike)
    # Rows of ms, relay closed, box speaking: a row a change.
    trace = [tuple(map(int, row.split())) for row in box.say(f"tail -n +{rows + 1} /run/pair/trace").splitlines()]
    turns = [row for i, row in enumerate(trace) if i == 0 or row[1] != trace[i - 1][1]]
    closings = [(row[0], turns[i + 1][0]) for i, row in enumerate(turns[:-1]) if row[1]]
    check("the relay was closed once, while the announcement was said, and never else", len(closings) == 1 and turns[-1][1] == 0 and 3_000 < closings[0][1] - closings[0][0] < 10_000, f"closed for {[end - begin for begin, end in closings]} ms")
    check("and what it says with the relay open, nobody hears", not any(speaks and not closed for _, closed, speaks in trace), f"{sum(1 for _, closed, speaks in trace if speaks and not closed)} times")
    box.ring()
    check("a ring that nobody answers is a missed call", box.board.until("nauha-recorder vault list | grep -q missed", 40), box.calls()[-1]["outcome"])
    sounds = box.line()["sound"]
    check("no sample was lost, nothing was torn", (sounds["overruns"], sounds["underruns"], sounds["lostSamples"]) == (0, 0, 0), {key: sounds[key] for key in ("overruns", "underruns", "lostSamples", "capturePpm", "playbackPpm")})


def too_loud(box):
    """A device that speaks 10 dB louder than it was measured to: what comes back is the announcement, and proves nothing."""
    said = "journalctl -u nauha-recorder -o cat --no-pager | grep 'announcement judged'"
    before = int(box.say(f"{said} | wc -l"))
    box.say(f"systemctl stop nauha-recorder; mv {DATA}/lines/1.json /run/ 2>/dev/null; true")      # what was measured stands above the configuration
    box.configure(injectionDbvAtFullScale=-3.5)
    box.start()
    box.say(f"/board/pins.py {CHIP} ring {RING} 1 25; sleep 1; echo pull-down > /run/{CHIP}/sim_gpio{HOOK}/pull")
    box.board.until(f"[ $({said} | wc -l) -ge {before + 2} ]", 60)
    judged = [row.split("judged, ")[-1] for row in box.say(said).splitlines()[before:]]
    check("10 dB too loud: recognised both times, and proven neither time", len(judged) == 2 and all("proven False (score 1, played True, level False" in row for row in judged), judged)
    box.pull(HOOK, up=True)
    box.reaches('"state":"Idle"', 10)
    last = box.calls()[-1]
    check("and its call keeps nothing", (last["outcome"], last["reason"], last["bytes"] or 0) == ("failed", "not-heard", 0), last)
    box.say("systemctl stop nauha-recorder")
    box.say(f"mv /run/1.json {DATA}/lines/ 2>/dev/null; true")
    box.configure(injectionDbvAtFullScale=6.5)


def share(box):
    box.start()
    pid = box.say("systemctl show nauha-recorder --value -p MainPID")
    ticks = lambda: sum(map(int, box.say(f"cut -d' ' -f14,15 /proc/{pid}/stat").split()))
    box.say("sleep 3")
    at = lambda: float(box.say("cut -d' ' -f1 /proc/uptime"))
    t, c = at(), ticks()
    box.say("sleep 8")
    fact(f"one line at rest takes {100 * (ticks() - c) / 100 / (at() - t):.0f} % of one core that does a thousand million instructions a second; {box.say(f'grep VmRSS /proc/{pid}/status').split()[1]} kB resident")


def beside(box):
    box.start()
    code, said = box.board.run("nauha-recorder level --line 1 --seconds 2.5 --json")
    check("level beside the running recorder asks the recorder", code == 0 and '"from":"recorder"' in said, said.splitlines()[0])


def card_lost(box):
    box.start()
    box.say("(echo snd_aloop.0 > /sys/bus/platform/drivers/snd_aloop/unbind) >/dev/null 2>&1 &")
    lost = box.reaches('"lost":true', 15)
    check("the sound card goes while it runs: the line is lost, and says so", lost, ([row for row in box.log().splitlines() if "lost" in row] or [""])[-1][-120:])
    check("LED 2 asks for a look at the device", box.reaches('"state":"no-device"', 15), [led["state"] for led in box.status()["leds"]])
    box.say("for i in $(seq 50); do [ -e /proc/asound/Loopback ] || break; sleep 0.2; done; echo snd_aloop.0 > /sys/bus/platform/drivers/snd_aloop/bind")
    check("it comes again, and so does the line, by itself", box.board.until(f"grep -q '\"lost\":false' {DATA}/run/status.json && grep -q '\"state\":\"Idle\"' {DATA}/run/status.json", 60))
    check("and the next call is recorded", box.answered_call())
    box.say("sleep 2")
    box.pull(HOOK, up=True)
    box.reaches('"state":"Idle"', 10)


def stopped_by_button(box):
    box.start()
    watch = f"/board/pins.py {CHIP} watch 22 {' '.join(map(str, LEDS))} > /run/seen & "
    held = f"echo pull-down > /run/{CHIP}/sim_gpio{BUTTON}/pull; for i in $(seq 100); do systemctl -q is-active nauha-recorder || break; sleep 0.2; done; echo pull-up > /run/{CHIP}/sim_gpio{BUTTON}/pull; "
    seen = json.loads(box.say(f"{watch} {held} wait; cat /run/seen"))
    state = box.say("systemctl show nauha-recorder --value -p Result -p ExecMainStatus -p ActiveState").split()
    check("the button, held for five seconds, ends it in order", set(state) == {"success", "0", "inactive"}, " ".join(state))
    blue = [seen[str(LEDS[led])]["changes"] for led in (0, 2, 4, 6)]
    check("then four slow blue winks on every LED", min(blue) >= 8, f"blue changed {blue} times")
    code, said = box.board.run("nauha-recorder check")
    check("check finds nothing wrong", code == 0, said)


def hung(box):
    box.start()
    box.say("kill -STOP $(systemctl show nauha-recorder --value -p MainPID)")
    box.board.until("[ $(systemctl is-active nauha-recorder) = failed ]", 60)
    check("a program that hangs is ended by systemd's watchdog", box.say("systemctl show nauha-recorder --value -p Result") == "watchdog")
    box.say("systemctl reset-failed nauha-recorder; true")


def usb(box, adapter):
    box.configure(playback=f"usb:{adapter['usbPath']}", mixerCard=f"usb:{adapter['usbPath']}", mixer={adapter["controls"][0]: "60"})
    box.start()
    there = box.board.until(f"grep -q '\"playback\":\"hw:[0-9]' {DATA}/run/status.json", 20)
    check("a line speaks through a USB adapter named by its socket, its mixer set", there, (box.line()["sound"] or {}).get("playback") or box.log(3)[-200:])
    fact(f"the adapter's mixer then: {box.say('amixer -c Audio sget ' + repr(adapter['controls'][0]) + ' | tail -1').strip()}")
    box.board.unplug()
    check("unplugged: the line is lost, by name", box.reaches('"lost":true', 20) and box.board.until("journalctl -u nauha-recorder -o cat --no-pager | grep -q -i 'unplugged\\|No such device\\|No sound adapter'", 20))
    box.board.plug()
    check("plugged into the same socket: the line comes back by itself", box.board.until(f"grep -q '\"lost\":false' {DATA}/run/status.json", 60))
    box.say("systemctl stop nauha-recorder")
    for key in ("playback", "mixerCard", "mixer"):
        box.settings["lines"]["1"]["sound"].pop(key)
    box.configure()


def hardware_watchdog(box):
    box.say("systemd-run -q --unit=armed -p SuccessExitStatus=143 /opt/nauha/nauha-recorder run --set board:watchdog=device")
    box.board.until(f"[ \"$(cat /sys/class/watchdog/watchdog0/state)\" = active ] && grep -q '\"state\":\"Idle\"' {DATA}/run/status.json", 60)
    _, said = box.board.json("nauha-recorder selftest --json --language en --wait 0")
    found = next(item for item in said["checks"] if item["key"] == "watchdog")
    check("selftest: armed by the recorder, with the timeout that the device took", found["verdict"] == "pass" and found["measured"]["seconds"] == 14, found["measured"])
    check("fed for twice its time, it lets the board live", box.say("sleep 30; echo alive") == "alive")
    recording = box.answered_call()
    box.pair("say /var/lib/nauha/en.wav")
    box.say("sleep 3")
    before = box.line()["recordedSeconds"]
    try:
        box.board.run("kill -STOP $(systemctl show armed --value -p MainPID); sleep 60")
    except RuntimeError:
        pass
    box.board.wait(60)
    check("the program hangs in mid-call: the hardware's watchdog resets the board", recording and box.board.qemu.returncode == 0, f"{before} s recorded by then")


def after_cut(box, why):
    """Salvaged, whole, and counted on from there."""
    took = box.start()
    cut = box.calls()[-1]
    check(f"after {why}: the call that was cut is closed and its audio is there", cut["outcome"] in ("recorded", "salvaged") and cut["here"] and cut["bytes"] > 1000, cut)
    code, said = box.board.run("nauha-recorder check")
    check(f"after {why}: check finds nothing wrong", code == 0, said.splitlines()[-1])
    fact(f"start to READY=1 with that to do: {took:.1f} s")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--app", required=True)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--cuts", type=int, default=2)
    arguments.add_argument("--only", help="stages by name, separated by commas")
    disks = arguments.parse_args()
    log = f"{CACHE}/console.log"
    box, began = None, time.monotonic()

    def stage(act, *more):
        if disks.only and act.__name__ not in disks.only.split(","):
            return None
        try:
            return act(box, *more)
        except Exception as problem:
            traceback.print_exc()
            check(f"{act.__name__} could be tried", False, problem)
            return None

    try:
        box = Box(disks, log)
        fact(f"power-on to a shell: {box.board.boot_seconds:.0f} s of this machine")
        stage(gpio)
        adapter = stage(sound)
        for act in (calibration, selftest, front, call, too_loud, share, beside, card_lost, stopped_by_button, hung):
            stage(act)
        if adapter:
            stage(usb, adapter)
        stage(hardware_watchdog)
        box.board.cut()
        for cut in range(disks.cuts + 1):
            box = Box(disks, log)
            stage(after_cut, "the watchdog's reset" if cut == 0 else "a power cut in mid-call")
            if cut == disks.cuts:
                break
            recording = box.answered_call()
            box.pair("say /var/lib/nauha/en.wav")
            box.say("sleep 4")
            check("a call is being recorded when the power goes", recording, f"{box.line()['recordedSeconds']} s so far")
            box.board.cut()
        numbers = [item["callNumber"] for item in box.calls()]
        check("every call has its number, without gaps", len(numbers) > disks.cuts and sorted(numbers) == list(range(1, len(numbers) + 1)), numbers)
    except Exception as problem:
        traceback.print_exc()
        check("the board could be tried", False, problem)
    finally:
        if box:
            box.board.cut()
    print(f"     the checks took {time.monotonic() - began:.0f} s", flush=True)
    print(f"{counts[True]} passed, {counts[False]} failed, 0 skipped")
    return 0 if counts[False] == 0 else 1


sys.exit(main())
