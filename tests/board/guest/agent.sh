#!/bin/bash
# The tests' hand on the board, over a virtio port: a line in is a command (base64), a line out its exit code and what it
# said (base64). One at a time; what shall go on is put into the background by the command itself.
until [ -e /dev/virtio-ports/board ]; do sleep 0.2; done
exec 3<>/dev/virtio-ports/board
export PATH=/opt/nauha:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
echo "ready" >&3
while read -r command <&3; do
    said=$(base64 -d <<<"$command" | timeout 600 bash 2>&1 3>&-)
    code=$?
    printf '%s %s\n' "$code" "$(base64 -w0 <<<"$said")" >&3
done
