using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Shouldly;

namespace Nauha.Format.Tests.Sealing;

/// <summary>Product and an independent reader in Python agree: on what is good, what it holds, and what is refused.</summary>
public sealed class AnotherReader : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nauha-reader-").FullName;
    private readonly DaySecret _day = DaySecret.Create();
    private readonly ApplianceSigner _signer = ApplianceSigner.Create();

    private JsonElement Read(byte[] file, byte[]? key = null, byte[]? point = null)
    {
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("n"));
        File.WriteAllBytes(path, file);
        var script = Path.Combine(AppContext.BaseDirectory, "nauha_read.py");
        using var python = Process.Start(new ProcessStartInfo(File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3", [script, "open", path, "--point", Convert.ToHexString(point ?? _signer.PublicPoint), "--key", Convert.ToHexString(key ?? _day.Export())]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = python.StandardOutput.ReadToEnd();
        var error = python.StandardError.ReadToEnd();
        python.WaitForExit();
        output.ShouldNotBeEmpty(error);
        return JsonDocument.Parse(output).RootElement;
    }

    private bool ProductTakes(byte[] file)
    {
        if (!SealedFile.Verify(new MemoryStream(file), (id, _) => id == _signer.Id ? _signer.PublicPoint : null).IsWhole) return false;
        return SealedFile.ReadHead(new MemoryStream(file), out _, out var info, out var wrap) == FileFault.None && Hpke.Open(_day, info, wrap) is { } dek
            && SealedFile.Open(new MemoryStream(file), dek, _ => { }).Fault == FileFault.None;
    }

    [Fact]
    public void It_opens_what_the_product_sealed_frame_by_frame()
    {
        var (file, _, _) = SealedFiles.Make(_day, _signer, 4);
        var read = Read(file);
        read.GetProperty("good").GetBoolean().ShouldBeTrue(read.GetRawText());
        read.GetProperty("sha256").GetString().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(file)));
        read.GetProperty("stream").GetProperty("preSkip").GetInt32().ShouldBe(52);
        var opened = read.GetProperty("opened").EnumerateArray().ToList();
        opened.Count.ShouldBe(4);
        for (var i = 0; i < 4; i++)
        {
            var audio = new byte[1_500];
            audio.AsSpan().Fill((byte)i);
            opened[i].GetProperty("first").GetInt64().ShouldBe(i * 4_000);
            opened[i].GetProperty("audioSha256").GetString().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(audio)));
        }
    }

    [Fact]
    public void It_refuses_what_the_product_refuses()
    {
        var (file, b, _) = SealedFiles.Make(_day, _signer, 3);
        var (other, _, _) = SealedFiles.Make(_day, _signer, 3);
        var bad = new Dictionary<string, byte[]>
        {
            ["cut at a frame's border"] = file[..b[2]],
            ["cut within a frame"] = file[..(b[2] + 700)],
            ["cut within the trailer"] = file[..^5],
            ["a byte after the trailer"] = [.. file, 0],
            ["frames swapped"] = [.. file[..b[0]], .. file[b[1]..b[2]], .. file[b[0]..b[1]], .. file[b[2]..]],
            ["a frame doubled"] = [.. file[..b[1]], .. file[b[0]..b[1]], .. file[b[1]..]],
            ["a frame of another call"] = [.. file[..b[1]], .. other[b[1]..b[2]], .. file[b[2]..]],
        };
        foreach (var at in new[] { 0, 8, 10, 12, 16, 48, 64, 68, 80, 88, 96, 112, 120, 152, 183, b[0], b[0] + 1, b[0] + 4, b[0] + 8, b[0] + 100, file.Length - 128, file.Length - 127, file.Length - 120, file.Length - 100, file.Length - 70, file.Length - 40 })
        {
            var flipped = file.ToArray();
            flipped[at] ^= 0x80;
            bad[$"a bit flipped at {at}"] = flipped;
        }
        foreach (var (name, bytes) in bad)
        {
            ProductTakes(bytes).ShouldBeFalse(name);
            Read(bytes).GetProperty("good").GetBoolean().ShouldBeFalse(name);
        }
    }

    [Fact]
    public void It_wants_the_right_recipient_and_the_right_signer()
    {
        var (file, _, _) = SealedFiles.Make(_day, _signer, 2);
        using var stranger = DaySecret.Create();
        using var forger = ApplianceSigner.Create();
        Read(file, key: stranger.Export()).GetProperty("why").GetString().ShouldBe("wrong-key");
        Read(file, point: forger.PublicPoint).GetProperty("why").GetString().ShouldBe("unknown-signer");
    }

    [Fact]
    public void It_takes_a_salvaged_file_as_salvaged()
    {
        var (file, b, _) = SealedFiles.Make(_day, _signer, 3);
        using var stream = new MemoryStream();
        stream.Write(file, 0, b[2] + 100);
        Salvage.Close(stream, _signer).ShouldBeOfType<SalvageOutcome.Done>();
        var read = Read(stream.ToArray());
        (read.GetProperty("good").GetBoolean(), read.GetProperty("closing").GetInt32(), read.GetProperty("opened").GetArrayLength()).ShouldBe((true, 2, 2));
    }

    public void Dispose()
    {
        _day.Dispose();
        _signer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
