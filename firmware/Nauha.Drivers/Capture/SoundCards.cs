using System.Globalization;

namespace Nauha.Drivers.Capture;

/// <summary>A sound card that is there.</summary>
/// <param name="UsbPath">The socket it sits in: bus and ports, as 1-1.3; null: no USB device.</param>
public sealed record SoundCard(int Number, string Id, string Name, string? UsbPath, string? Serial, string? UsbId, bool Captures, bool Plays)
{
    /// <summary>By what it is found again wherever it is numbered: its serial, else its socket, else its id.</summary>
    public string Lasting => Serial is { } serial ? "serial:" + serial : UsbPath is { } path ? "usb:" + path : $"hw:CARD={Id},DEV=0";
}

/// <summary>
/// The sound cards of this machine, from the kernel's tables. A USB adapter gets another number each time it is plugged in
/// or the box starts: so a line names its socket or its serial, and whatever number sits there now is opened.
/// </summary>
/// <param name="root">/, or a folder that looks like it.</param>
public sealed class SoundCards(string root = "/")
{
    private string Class => Path.Combine(root, "sys/class/sound");

    /// <summary>By number.</summary>
    public IReadOnlyList<SoundCard> List()
    {
        if (!Directory.Exists(Class)) return [];
        return [.. Directory.EnumerateFileSystemEntries(Class, "card*").Select(Path.GetFileName)
            .Where(name => int.TryParse(name.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(name => Read(int.Parse(name!.AsSpan(4), CultureInfo.InvariantCulture))).OfType<SoundCard>().OrderBy(card => card.Number)];
    }

    /// <summary>The ALSA name of what is meant: usb:PATH and serial:NUMBER are sought among the cards, all else is a name already.</summary>
    /// <exception cref="SoundDeviceException">No card sits there, or more than one has that serial.</exception>
    public string Resolve(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        var (usb, serial) = (After(device, "usb:"), After(device, "serial:"));
        if (usb is null && serial is null) return device;
        var found = List().Where(card => usb is not null ? card.UsbPath == usb : card.Serial == serial).ToList();
        return found switch
        {
            [var card] => string.Create(CultureInfo.InvariantCulture, $"hw:{card.Number},0"),
            [] => throw new SoundDeviceException(usb is not null
                ? $"No sound adapter sits in USB socket {usb}: plug it in again, into the same socket."
                : $"The sound adapter with serial number {serial} is not there: plug it in again."),
            _ => throw new SoundDeviceException($"{found.Count} sound adapters say that they are number {serial}: name their sockets instead (usb:PATH, as nauha-recorder devices shows)."),
        };
    }

    /// <summary>The mixer that belongs to a PCM name: hw:1,0 → hw:1; another name is its own.</summary>
    public static string ControlOf(string pcm)
    {
        ArgumentNullException.ThrowIfNull(pcm);
        var bare = pcm.StartsWith("plug", StringComparison.Ordinal) ? pcm[4..] : pcm;
        return bare.StartsWith("hw:", StringComparison.Ordinal) ? bare.Split(',')[0] : bare;
    }

    private static string? After(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : null;

    // Unplugged while we look: then it is not there.
    private SoundCard? Read(int number)
    {
        try
        {
            // A link within a linked folder is read from where that folder really lies.
            var card = Real(Path.Combine(Class, string.Create(CultureInfo.InvariantCulture, $"card{number}")));
            var id = Text(Path.Combine(card, "id")) ?? "";
            var usb = Usb(Path.Combine(card, "device"));
            return new(number, id, usb is null ? NameOf(number) ?? id : Text(Path.Combine(usb, "product")) ?? id, usb is null ? null : Path.GetFileName(usb), usb is null ? null : Text(Path.Combine(usb, "serial")),
                usb is null ? null : $"{Text(Path.Combine(usb, "idVendor"))}:{Text(Path.Combine(usb, "idProduct"))}", Has(number, 'c'), Has(number, 'p'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // cardN/device is the adapter's interface (1-1.3:1.0); the folder above it is the adapter (1-1.3).
    private static string? Usb(string device)
    {
        var adapter = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Real(device)))!;
        return File.Exists(Path.Combine(adapter, "idVendor")) ? adapter : null;
    }

    private static string Real(string folder) => new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder;

    private bool Has(int number, char direction) =>
        Directory.EnumerateFileSystemEntries(Class, string.Create(CultureInfo.InvariantCulture, $"pcmC{number}D*{direction}")).Any();

    // /proc/asound/cards: " 1 [Device         ]: USB-Audio - USB Audio Device" and a second line.
    private string? NameOf(int number)
    {
        var path = Path.Combine(root, "proc/asound/cards");
        if (!File.Exists(path)) return null;
        var line = File.ReadLines(path).FirstOrDefault(line => line.Contains('[', StringComparison.Ordinal) && int.TryParse(line.AsSpan(0, line.IndexOf('[', StringComparison.Ordinal)), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var n) && n == number);
        return line?[(line.LastIndexOf(" - ", StringComparison.Ordinal) is var at and >= 0 ? at + 3 : 0)..].Trim();
    }

    private static string? Text(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() is { Length: > 0 } text ? text : null : null;
}
