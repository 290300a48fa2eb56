#!/usr/bin/env bash
# Makes the two voices of the simulated calls: an invented talk about a library's opening hours, one stem a speaker, both
# of one length, so that they can be played at once. Needs: festival festvox-suopuhe-lj festvox-suopuhe-mv sox
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
say() { # voice text file
    printf '(voice_%s_diphone)\n(utt.save.wave (utt.synth (Utterance Text "%s")) "%s/raw.wav")\n' "$1" "$2" "$work" >"$work/say.scm"
    festival -b "$work/say.scm"
    sox -D "$work/raw.wav" -r 8000 -c 1 -b 16 "$3" highpass 250 lowpass 3400 gain -n -6
}
turn=0 agent=() caller=()
add() { # agent|caller text
    local file="$work/$turn.wav" silent="$work/$turn-silent.wav" voice=suo_fi_lj
    [ "$1" = caller ] && voice=hy_fi_mv
    say "$voice" "$2" "$file"
    sox -D "$file" "$work/padded.wav" pad 0 0.4; mv "$work/padded.wav" "$file"
    sox -D "$file" "$silent" vol 0
    if [ "$1" = agent ]; then agent+=("$file") caller+=("$silent"); else agent+=("$silent") caller+=("$file"); fi
    turn=$((turn + 1))
}
add agent "Kirjasto, hyvää päivää."
add caller "Hyvää päivää. Mihin aikaan kirjasto aukeaa lauantaina?"
add agent "Lauantaisin kirjasto on auki kymmenestä neljään."
add caller "Entä onko lukusali auki sunnuntaina?"
add agent "Sunnuntaisin lukusali on auki kahdestatoista kolmeen."
add caller "Kiitos tiedosta. Näkemiin."
add agent "Kiitos soitosta. Näkemiin."
sox -D "${agent[@]}" agent.wav
sox -D "${caller[@]}" caller.wav
