namespace Nauha.Central;

/// <summary>The ports as they were bound; 0 until the server has started.</summary>
public sealed class RunningPorts
{
    public int Https { get; set; }

    public int Mqtts { get; set; }
}
