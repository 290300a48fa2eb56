using Nauha.Drivers.Capture;
using Shouldly;

namespace Nauha.Recorder.Tests.Drivers;

/// <summary>Sound adapters by socket and serial, from tables laid out as Linux lays out its own.</summary>
public sealed class CardsThatComeAndGo : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nauha-cards-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Plug(int number, string id, string socket, string? serial)
    {
        var adapter = Path.Combine(_root, "sys/devices/platform/usb1", socket);
        var card = Path.Combine(adapter, $"{socket}:1.0/sound/card{number}");
        Directory.CreateDirectory(card);
        File.WriteAllText(Path.Combine(adapter, "idVendor"), "0d8c\n");
        File.WriteAllText(Path.Combine(adapter, "idProduct"), "0014\n");
        File.WriteAllText(Path.Combine(adapter, "product"), "USB Audio Device\n");
        if (serial is not null) File.WriteAllText(Path.Combine(adapter, "serial"), serial + "\n");
        File.WriteAllText(Path.Combine(card, "id"), id + "\n");
        Link(card, $"card{number}", Path.Combine(adapter, $"{socket}:1.0"));
        foreach (var direction in "cp") Directory.CreateDirectory(Path.Combine(_root, $"sys/class/sound/pcmC{number}D0{direction}"));
    }

    private void Link(string card, string name, string device)
    {
        Directory.CreateDirectory(Path.Combine(_root, "sys/class/sound"));
        File.CreateSymbolicLink(Path.Combine(card, "device"), Path.GetRelativePath(card, device));
        File.CreateSymbolicLink(Path.Combine(_root, "sys/class/sound", name), Path.GetRelativePath(Path.Combine(_root, "sys/class/sound"), card));
    }

    private void Unplug(string socket)
    {
        Directory.Delete(Path.Combine(_root, "sys/devices/platform/usb1", socket), recursive: true);
        Directory.Delete(Path.Combine(_root, "sys/class/sound"), recursive: true);
    }

    [Fact]
    public void An_adapter_is_found_by_its_socket_or_its_serial_whatever_number_it_has_now()
    {
        var cards = new SoundCards(_root);
        cards.List().ShouldBeEmpty();
        Plug(1, "Device", "1-1.3", serial: null);
        cards.List().ShouldBe([new SoundCard(1, "Device", "USB Audio Device", "1-1.3", null, "0d8c:0014", true, true)]);
        cards.Resolve("usb:1-1.3").ShouldBe("hw:1,0");
        cards.List()[0].Lasting.ShouldBe("usb:1-1.3");
        Unplug("1-1.3");
        Should.Throw<IOException>(() => cards.Resolve("usb:1-1.3")).Message.ShouldContain("No sound adapter sits in USB socket 1-1.3");
        Plug(4, "Device_1", "1-1.3", serial: null);
        cards.Resolve("usb:1-1.3").ShouldBe("hw:4,0");
        Plug(2, "Other", "1-1.2", "A17");
        cards.Resolve("serial:A17").ShouldBe("hw:2,0");
        cards.List().Select(card => card.Lasting).ShouldBe(["serial:A17", "usb:1-1.3"]);
        Should.Throw<IOException>(() => cards.Resolve("serial:B99"));
    }

    // Seen with a real mixer (tests/board): a mixer is a card's, and "hw:1,0" is none.
    [Fact]
    public void A_mixer_is_its_card_s_whether_the_card_is_named_by_its_socket_or_not_at_all()
    {
        Plug(3, "Device", "1-1.3", serial: null);
        var cards = new SoundCards(_root);
        AlsaLine.MixerCardOf(new() { Device = "hw:0,0", MixerCard = "usb:1-1.3" }, cards).ShouldBe("hw:3");
        AlsaLine.MixerCardOf(new() { Device = "usb:1-1.3" }, cards).ShouldBe("hw:3");
        AlsaLine.MixerCardOf(new() { Device = "hw:0,0", MixerCard = "hw:2" }, cards).ShouldBe("hw:2");
    }

    [Fact]
    public void Two_adapters_that_claim_one_serial_are_told_apart_by_their_sockets_alone()
    {
        Plug(1, "Device", "1-1.1", "0001");
        Plug(2, "Device_1", "1-1.2", "0001");
        Should.Throw<IOException>(() => new SoundCards(_root).Resolve("serial:0001")).Message.ShouldContain("name their sockets");
        new SoundCards(_root).Resolve("usb:1-1.2").ShouldBe("hw:2,0");
    }

    [Fact]
    public void A_card_on_the_board_has_its_name_from_the_list_of_cards_and_other_names_are_ALSAs_own()
    {
        var card = Path.Combine(_root, "sys/devices/platform/soc/sound/card0");
        Directory.CreateDirectory(card);
        File.WriteAllText(Path.Combine(card, "id"), "Codec\n");
        Link(card, "card0", Path.Combine(_root, "sys/devices/platform/soc"));
        Directory.CreateDirectory(Path.Combine(_root, "proc/asound"));
        File.WriteAllText(Path.Combine(_root, "proc/asound/cards"), " 0 [Codec          ]: Zero - Zero I2S\n                      Zero I2S codec\n");
        var cards = new SoundCards(_root);
        cards.List().ShouldBe([new SoundCard(0, "Codec", "Zero I2S", null, null, null, false, false)]);
        cards.List()[0].Lasting.ShouldBe("hw:CARD=Codec,DEV=0");
        cards.Resolve("plughw:0,0").ShouldBe("plughw:0,0");
        SoundCards.ControlOf("plughw:3,0").ShouldBe("hw:3");
        SoundCards.ControlOf("line").ShouldBe("line");
    }
}
