#!/bin/bash
# Makes a simulated GPIO chip: gpio.sh LABEL LINES. Its lines are then files: value (what is driven) and pull (what outside pulls to).
set -e
modprobe gpio-sim
mountpoint -q /sys/kernel/config || mount -t configfs config /sys/kernel/config
chip=/sys/kernel/config/gpio-sim/$1
mkdir -p "$chip/bank0"
echo "$2" >"$chip/bank0/num_lines"
echo "$1" >"$chip/bank0/label"
echo 1 >"$chip/live"
ln -sfn "/sys/devices/platform/$(cat "$chip/dev_name")/$(cat "$chip/bank0/chip_name")" "/run/$1"
