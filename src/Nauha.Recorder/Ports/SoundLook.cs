namespace Nauha.Recorder.Ports;

/// <summary>What a line's sound device is and how it does: for people, nothing of it decides anything.</summary>
/// <param name="Capture">The device that is heard, by its ALSA name.</param>
/// <param name="Playback">The device that speaks; null: the box does not speak on this line.</param>
/// <param name="RateHz">What the capture device really gives, before resampling to 8 kHz.</param>
/// <param name="Overruns">Times that the device stopped because nobody fetched what it had heard, or was suspended.</param>
/// <param name="Underruns">Times that the announcement was torn because nothing was handed over in time.</param>
/// <param name="LostSamples">Samples at 8 kHz lost to overruns, or because the line did not take them; each is a gap in its place.</param>
/// <param name="CapturePpm">How much faster than the box's own clock the capture device runs, in millionths; null until it is known.</param>
/// <param name="PlaybackPpm">The same of playback.</param>
/// <param name="PeakDbv">Loudest sample of the last second on the pair, as the level of a sine of that height; null: silence.</param>
/// <param name="RmsDbv">Level of the last second on the pair.</param>
/// <param name="MixerFault">What the mixer has that it must not have, in words; null: all as it was set.</param>
public sealed record SoundLook(string Capture, string? Playback, int RateHz, int Channels, string Format, long Overruns, long Underruns, long LostSamples, double? CapturePpm, double? PlaybackPpm, double? PeakDbv, double? RmsDbv, string? MixerFault);
