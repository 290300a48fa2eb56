namespace Nauha.Recorder.Line;

/// <summary>
/// Starting values for one kind of port; what the port really does is learned. A branch line is the FXS port of an
/// adapter, a mobile gateway or a PBX a few metres away; copper exchange lines are the legacy case.
/// </summary>
/// <param name="Name">ata, mobile-gateway, pbx-extension or exchange.</param>
/// <param name="OnHookVolts">Expected until learned.</param>
/// <param name="AnnouncementDelay">From off-hook to the announcement: until then the network may not carry what is played.</param>
/// <param name="RingbackPeriod">Start of one ringback burst to the start of the next.</param>
/// <param name="RingPause">Silence after a ring burst that means that nobody rings any more.</param>
public sealed record LineProfile(string Name, double OnHookVolts, TimeSpan AnnouncementDelay, TimeSpan RingbackPeriod, TimeSpan RingPause)
{
    public static readonly LineProfile Ata = new("ata", 48, TimeSpan.FromMilliseconds(1_000), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(7));
    /// <summary>Some gateways feed 21 to 28 V: the low value is safe for those that feed 48 V too, until theirs is learned.</summary>
    public static readonly LineProfile MobileGateway = Ata with { Name = "mobile-gateway", OnHookVolts = 24, AnnouncementDelay = TimeSpan.FromMilliseconds(1_500) };
    public static readonly LineProfile PbxExtension = Ata with { Name = "pbx-extension" };
    public static readonly LineProfile Exchange = Ata with { Name = "exchange", AnnouncementDelay = TimeSpan.FromMilliseconds(300) };

    public static IReadOnlyList<LineProfile> All { get; } = [Ata, MobileGateway, PbxExtension, Exchange];

    /// <returns>Null where no profile has the name.</returns>
    public static LineProfile? Named(string name) => All.FirstOrDefault(profile => profile.Name == name);
}
