// Keyboard for the player: space plays or pauses, arrows go 5 seconds. Fields and buttons keep their own keys.
const player = document.getElementById('player');
if (player) {
  document.addEventListener('keydown', event => {
    if (event.target.closest('input, select, textarea, button, a, audio')) return;
    if (event.key === ' ') { event.preventDefault(); if (player.paused) player.play(); else player.pause(); }
    else if (event.key === 'ArrowRight') { event.preventDefault(); player.currentTime += 5; }
    else if (event.key === 'ArrowLeft') { event.preventDefault(); player.currentTime -= 5; }
  });
}
