namespace Nauha.Demo;

/// <summary>How the demo is run.</summary>
/// <param name="Call">Sound of the call on line 1; null: the bundled dialogue.</param>
/// <param name="Out">Headless: where summary, recordings and certificates go.</param>
/// <param name="Keep">Headless: where the stopped programs' data stays.</param>
internal sealed record DemoOptions(bool Headless, string? Call, string? Out, string? Keep, double Speed, string Recorder, string Central);
