"""Sensors on machines as they were recorded, on broken ones, and on this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from nodeworker.load import firmware, sensors
from nodeworker.load.power import Power
from nodeworker.load.programs import Asked, run_program
from nodeworker.load.sensors import Load
from tests.sensor_samples import SAMPLES, Machine

RAPL = "sys/class/powercap/intel-rapl:0/energy_uj"
PMIC = "vcgencmd pmic_read_adc"


def test_a_pi_5_under_load(tmp_path: Path) -> None:
    machine = Machine.recorded("pi5", tmp_path)
    reader = machine.sensors()
    first = reader.read()
    assert first.temperature_c == pytest.approx(67.25)
    assert (first.throttled, first.under_voltage) == (False, False)
    assert first.power.source == "pmic" and first.power.watts == pytest.approx(6.779, abs=0.001)
    assert first.frequency_hz == 2.4e9
    assert first.memory_total_bytes == 8254480 * 1024
    assert first.cpu_percent == 0.0  # nothing to compare with yet
    machine.write("proc/stat", "cpu  280700 0 120300 600250 0 0 0 0 0 0\n")
    machine.now += 1
    assert reader.read().cpu_percent == pytest.approx(100 * 1000 / 1250)


def test_a_pi_4_with_a_weak_supply_is_throttled_and_says_why(tmp_path: Path) -> None:
    machine = Machine.recorded("pi4", tmp_path)
    load = machine.sensors().read()
    assert load.throttled and load.under_voltage
    assert load.temperature_c == pytest.approx(82.303)
    assert load.power.watts == 0.0 and load.power.source == ""  # it has no meter, so nothing is claimed


def test_a_pi_without_vcgencmd_still_tells_under_voltage(tmp_path: Path) -> None:
    machine = Machine.recorded("pi4", tmp_path)
    machine.answers.clear()
    reader = machine.sensors()
    assert reader.read().under_voltage and not reader.read().throttled
    machine.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "0\n")
    machine.now += 1
    assert reader.read().under_voltage  # it happened since the start
    machine.write("sys/devices/platform/soc/soc:firmware/get_throttled", "50004\n")
    machine.now += 61
    assert reader.read().throttled


def test_the_firmware_is_asked_at_most_every_five_seconds_and_the_power_chip_only_where_there_is_one(
    tmp_path: Path,
) -> None:
    machine = Machine.recorded("pi4", tmp_path)
    reader = machine.sensors()
    for _ in range(40):
        reader.read()
        machine.now += 0.5
    asked = [command for command in machine.asked if command.startswith("vcgencmd")]
    assert asked.count("vcgencmd get_throttled") == 4 and asked.count(PMIC) == 1


def test_a_laptop_on_battery(tmp_path: Path) -> None:
    machine = Machine.recorded("laptop", tmp_path)
    reader = machine.sensors()
    first = reader.read()
    assert first.temperature_c == 91.0  # not the wireless card, not the case
    assert first.power.source == "battery" and first.power.watts == pytest.approx(21.48, abs=0.001)
    assert not first.throttled
    assert first.frequency_hz == pytest.approx(2.95e9)
    machine.write("sys/devices/system/cpu/cpu2/thermal_throttle/package_throttle_count", "33\n")
    machine.now += 1
    assert reader.read().throttled
    machine.now += 1
    assert not reader.read().throttled


def test_energy_counters_go_round(tmp_path: Path) -> None:
    machine = Machine.recorded("laptop", tmp_path)
    machine.write("sys/class/power_supply/BAT0/status", "Charging\n")
    reader = machine.sensors()
    assert reader.read().power.watts == 0.0  # one look at a counter says nothing
    machine.write(RAPL, "29799150\n")  # 200,850 before the end, then 29,799,150 µJ
    machine.now += 2
    load = reader.read()
    assert load.power.source == "cpu" and load.power.watts == pytest.approx(15.0, abs=0.001)
    machine.write(RAPL, "29000000\n")  # set back: not 262 kJ in two seconds
    machine.now += 2
    assert reader.read().power.watts == 0.0
    machine.write(RAPL, "49000000\n")
    machine.now += 2
    assert reader.read().power.watts == pytest.approx(10.0)
    machine.write(RAPL, "59000000\n")
    machine.now += 100_000
    assert reader.read().power.watts == 0.0  # who knows how often it went round


def test_counters_that_may_not_be_read_are_unknown(tmp_path: Path) -> None:
    machine = Machine.recorded("laptop", tmp_path)
    (tmp_path / "sys/class/power_supply/BAT0/status").unlink()
    (tmp_path / RAPL).unlink()
    (tmp_path / RAPL).mkdir()  # as unreadable as mode 0400, for root too
    reader = machine.sensors()
    for _ in range(3):
        assert reader.read().power == Power()
        machine.now += 1


def test_a_rig_adds_cards_to_the_processor(tmp_path: Path) -> None:
    machine = Machine.recorded("rig", tmp_path)
    reader = machine.sensors()
    first = reader.read()
    assert first.power.source == "gpu" and first.power.watts == pytest.approx(410.61, abs=0.001)
    assert first.temperature_c == pytest.approx(63.875) and not first.throttled
    machine.write(RAPL, "1095000000\n")
    machine.now += 1
    second = reader.read()
    assert second.power.source == "cpu+gpu" and second.power.watts == pytest.approx(505.61, abs=0.001)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("71.23, 0x0000000000000004\n", (71.23, False)),
        ("71.23, 0x0000000000000020\n20.0, 0x0000000000000001\n", (91.23, True)),
        ("71.23\n", (71.23, False)),
        ("[N/A], 0x0000000000000008\n", (0.0, True)),
        ("", None),
        ('Field "clocks_event_reasons.active" is not a valid field to query.\n', None),
        ("No devices were found\n", None),
        ("1e400, 0xzz\n", None),
    ],
)
def test_answers_of_nvidias_program(answer: str, expected: tuple[float, bool] | None) -> None:
    found = sensors.parse_cards(answer)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found[0] == pytest.approx(expected[0]) and found[1] == expected[1]


def test_an_older_driver_is_asked_in_its_own_words(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    words = "nvidia-smi --query-gpu=power.draw,{} --format=csv,noheader,nounits"
    machine.answers = {words.format("clocks_throttle_reasons.active"): "90.5, 0x0000000000000040"}
    reader = machine.sensors()
    load = reader.read()
    assert load.throttled and load.power.watts == pytest.approx(90.5)
    machine.now += 11
    reader.read()
    asked = [command for command in machine.asked if command.startswith("nvidia-smi")]
    assert asked == [words.format(f"clocks_{word}_reasons.active") for word in ("event", "throttle", "throttle")]


def test_a_virtual_machine_has_nothing_and_nothing_is_invented(tmp_path: Path) -> None:
    machine = Machine.recorded("vm", tmp_path)
    load = machine.sensors().read()
    assert (load.temperature_c, load.frequency_hz, load.power.watts) == (0.0, 0.0, 0.0)
    assert not load.throttled and not load.under_voltage
    assert load.memory_total_bytes == 24684096 * 1024


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\n", b"\0\0\0", b"-", b"999999999999999999999999", b"\xff\xfe\xf0", "١٢٣".encode(), b"0x7f", b"1e9",
     b"A" * 100_000, b"-2147483648", b"9223372036854775807"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["pi5", "laptop"])
def test_garbage_in_every_file_and_answer_is_unknown(tmp_path: Path, name: str, garbage: bytes) -> None:
    machine = Machine.recorded(name, tmp_path)
    kept = {"type", "name", "status"}
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        if path.name not in kept:
            path.write_bytes(garbage)
    machine.answers = {command: garbage.decode(errors="replace") for command in machine.answers}
    reader = machine.sensors()
    for _ in range(2):
        load = reader.read()
        assert 0 <= load.temperature_c <= 150 and 0 <= load.cpu_percent <= 100
        assert 0 <= load.power.watts < 20_000 and load.memory_total_bytes > 0
        machine.now += 1


def test_links_pipes_and_folders_in_place_of_files_do_no_harm(tmp_path: Path) -> None:
    machine = Machine.recorded("pi5", tmp_path)
    zone = tmp_path / "sys/class/thermal/thermal_zone0"
    (zone / "temp").unlink()
    os.mkfifo(zone / "temp")  # nobody writes to it
    (tmp_path / "proc/stat").unlink()
    (tmp_path / "proc/stat").mkdir()
    (tmp_path / "sys/class/hwmon/hwmon9").symlink_to(tmp_path / "sys/class/hwmon/hwmon9")
    load = machine.sensors().read()
    assert load.temperature_c == 0.0 and load.cpu_percent == 0.0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("throttled=0x0\n", (False, False)),
        ("throttled=0x1", (False, True)),
        ("throttled=0x2", (True, False)),
        ("throttled=0x8", (True, False)),
        ("throttled=0x50005", (True, True)),
        ("throttled=0x50000", (False, True)),
        ("throttled=0xe0000", (False, False)),
        ("50005", (True, True)),
        ("VCHI initialization failed", None),
        ("throttled=", None),
        ("throttled=0x123456789abc", None),
        ("throttled=-0x1", None),
    ],
)
def test_bits_of_the_firmware(answer: str, expected: tuple[bool, bool] | None) -> None:
    found = firmware.throttling(answer)
    assert found == (firmware.Throttling(*expected) if expected else None)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        'error=1 error_msg="Command not registered"',
        "VDD_CORE_A current(7)=1.0A",
        "VDD_CORE_A current(7)=1.0V\nVDD_CORE_V volt(15)=1.0A",
        "VDD_CORE_A current(7)=999.0A\nVDD_CORE_V volt(15)=999.0V",
        "VDD_CORE_A current(7)=nanA\nVDD_CORE_V volt(15)=infV",
    ],
)
def test_rails_that_make_no_sense_are_no_power(answer: str) -> None:
    assert firmware.rails_watts(answer) == 0.0


def test_the_reader_does_not_wait_for_a_program_and_forgets_old_answers(tmp_path: Path) -> None:
    machine = Machine.recorded("pi4", tmp_path)
    (tmp_path / "sys/class/hwmon/hwmon1/in0_lcrit_alarm").unlink()
    begun: list[Callable[[], None]] = []
    reader = machine.sensors(start=begun.append)
    assert not reader.read().throttled
    for work in begun:
        work()
    machine.now += 1
    assert reader.read().throttled
    machine.now += 19
    assert len(begun) == 2 and reader.read().throttled  # asked again, and no answer yet
    machine.now += 5
    assert not reader.read().throttled  # that answer is too old now
    assert len([command for command in machine.asked if command == "vcgencmd get_throttled"]) == 1


def test_a_slow_program_is_asked_more_seldom() -> None:
    now, asked = 0.0, 0

    def ask() -> int:
        nonlocal now, asked
        now += 2.0
        asked += 1
        return asked

    slow = Asked(ask, 5.0, clock=lambda: now, start=lambda work: work())
    for _ in range(100):
        slow.latest()
        now += 1.0
    assert asked <= 4


def test_programs_that_are_absent_fail_or_hang_say_nothing() -> None:
    assert run_program(("no-such-program-here",), 1) == ""
    assert run_program(("false",), 5) == ""
    assert run_program(("echo", "yes"), 5) == "yes\n"
    assert run_program(("sleep", "20"), 0.05) == ""


def test_one_reading_serves_everyone_who_asks_at_the_same_time(tmp_path: Path) -> None:
    machine = Machine.recorded("pi5", tmp_path)
    reader = machine.sensors()
    first = reader.read()
    machine.now += 0.5
    assert reader.read() is first
    machine.now += 0.5
    assert reader.read() is not first


def test_this_machine() -> None:
    now = sensors.of_this_machine().read()
    assert 0 < now.memory_used_bytes < now.memory_total_bytes == psutil.virtual_memory().total
    assert 0 <= now.cpu_percent <= 100 and 0 <= now.own_cpu_percent <= 100
    assert isinstance(now, Load) and sensors.of_this_machine() is sensors.of_this_machine()


def test_memory_of_engine_processes_counts_too(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    alone = machine.sensors().read().memory_used_bytes
    program = "held = bytearray(64 << 20); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-S", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None and child.stdin is not None
        child.stdout.readline()
        reader = machine.sensors()
        assert reader.read().memory_used_bytes - alone > 48 << 20
        child.stdin.close()
        child.wait()
        machine.now += 1
        assert reader.read().memory_used_bytes - alone < 32 << 20  # it has ended, and that harms nobody


def test_the_hottest_processor_zone_counts(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    for number, (kind, value) in enumerate(
        (("cpu-thermal", "51234"), ("gpu", "99000"), ("soc", "48000"), ("cpu", "?"), ("cpu", "999000"))
    ):
        machine.write(f"sys/class/thermal/thermal_zone{number}/type", f"{kind}\n")
        machine.write(f"sys/class/thermal/thermal_zone{number}/temp", f"{value}\n")
    assert sensors.temperature(tmp_path) == pytest.approx(51.234)
    assert sensors.temperature(tmp_path / "none") == 0.0


def test_every_sample_can_be_read(tmp_path: Path) -> None:
    for folder in SAMPLES.iterdir():
        if folder.is_dir():
            assert Machine.recorded(folder.name, tmp_path / folder.name).sensors().read().memory_total_bytes
